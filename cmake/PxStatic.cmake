# PxStatic.cmake - PX_STATIC: programs that need no shared library at all, so that they run in any
# image and no LD_LIBRARY_PATH can change them. What libpmix.a needs is what Debian 12 and 13 ship.

set(PX_PMIX PkgConfig::PMIX)
set(PX_HWLOC PkgConfig::HWLOC)
set(PX_FMT fmt::fmt)
if(NOT PX_STATIC)
    return()
endif()

add_library(px_no_udev STATIC ${CMAKE_SOURCE_DIR}/cmake/static/udev.c)
set(archives "")
foreach(name pmix event_core event_pthreads hwloc munge z)
    find_library(PX_ARCHIVE_${name} NAMES lib${name}.a HINTS ${PMIX_LIBRARY_DIRS} ${HWLOC_LIBRARY_DIRS})
    if(PX_ARCHIVE_${name})
        list(APPEND archives ${PX_ARCHIVE_${name}})
    elseif(NOT name STREQUAL munge)
        px_missing("lib${name}.a for a static build" "libpmix-dev libhwloc-dev libevent-dev zlib1g-dev libmunge-dev"
            "a libpmix that was built with --enable-static")
    endif()
endforeach()
add_library(px_static_pmix INTERFACE)
target_include_directories(px_static_pmix SYSTEM INTERFACE ${PMIX_INCLUDE_DIRS} ${HWLOC_INCLUDE_DIRS})
target_link_libraries(px_static_pmix INTERFACE
    -Wl,--start-group ${archives} px_no_udev -Wl,--end-group Threads::Threads m dl)
add_link_options(-static)
set(PX_PMIX px_static_pmix)
set(PX_HWLOC px_static_pmix)
set(PX_FMT fmt::fmt-header-only)
