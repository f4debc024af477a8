# PxStatic.cmake - PX_STATIC: a pxlaunch that needs no shared library at all, so that it runs in any
# image and no LD_LIBRARY_PATH can change it. AUTO: where the archives that libpmix.a needs are there,
# as on Debian 12 and 13; ON: else it is an error. pxrec is always shared: ARCHITECTURE.md tells why.

set(PX_PMIX PkgConfig::PMIX)
set(PX_FMT fmt::fmt)

# px_link_statically(TARGET): with the least work at its start.
function(px_link_statically target)
    target_sources(${target} PRIVATE ${CMAKE_SOURCE_DIR}/cmake/static/frames.c
        ${CMAKE_SOURCE_DIR}/cmake/static/terminate.cpp)
    target_link_options(${target} PRIVATE -static -Wl,--eh-frame-hdr
        -Wl,--wrap=__register_frame_info -Wl,--wrap=__deregister_frame_info)
endfunction()

# px_static_program(TARGET): linked statically where PX_STATIC says so.
function(px_static_program target)
    if(TARGET px_static_pmix)
        set_target_properties(${target} PROPERTIES PX_LINKED_STATICALLY ON)
        # -s: its size counts, it is copied into images.
        # Without px_link_statically: the header of its unwind tables would be 75 kB of the 5 MB that it may have.
        target_sources(${target} PRIVATE ${CMAKE_SOURCE_DIR}/cmake/static/terminate.cpp)
        target_link_options(${target} PRIVATE -static -s -Wl,--gc-sections -Wl,-z,noseparate-code)
    endif()
endfunction()

if(NOT PX_STATIC)
    return()
endif()
set(archives "")
set(missing "")
foreach(name pmix event_core event_pthreads hwloc z)
    find_library(PX_ARCHIVE_${name} NAMES lib${name}.a HINTS ${PMIX_LIBRARY_DIRS} ${HWLOC_LIBRARY_DIRS})
    if(PX_ARCHIVE_${name})
        list(APPEND archives ${PX_ARCHIVE_${name}})
    else()
        list(APPEND missing lib${name}.a)
    endif()
endforeach()
set(stubs ${CMAKE_SOURCE_DIR}/cmake/static/udev.c ${CMAKE_SOURCE_DIR}/cmake/static/munge.c)
if(NOT missing)
    # Another build of libpmix may need other archives: only the linker knows.
    try_compile(PX_STATIC_LINKS ${CMAKE_BINARY_DIR}/try-static
        SOURCES ${CMAKE_SOURCE_DIR}/cmake/static/try.c ${stubs}
        CMAKE_FLAGS "-DINCLUDE_DIRECTORIES=${PMIX_INCLUDE_DIRS}"
        LINK_OPTIONS -static LINK_LIBRARIES -Wl,--start-group ${archives} -Wl,--end-group -lpthread -lm -ldl
        OUTPUT_VARIABLE said)
    if(NOT PX_STATIC_LINKS)
        set(missing "libraries that libpmix.a and libhwloc.a need")
        file(WRITE ${CMAKE_BINARY_DIR}/try-static.log "${said}")
    endif()
endif()
if(missing)
    list(JOIN missing ", " missing)
    if(PX_STATIC STREQUAL AUTO)
        message(STATUS "pxlaunch is linked with shared libraries, for want of ${missing}")
        return()
    endif()
    px_missing("${missing} for a static build" "libpmix-dev libhwloc-dev libevent-dev zlib1g-dev"
        "a libpmix that was built with --enable-static")
endif()

add_library(px_static_stubs STATIC ${stubs})
add_library(px_static_pmix INTERFACE)
target_link_libraries(px_static_pmix INTERFACE
    -Wl,--start-group ${archives} px_static_stubs -Wl,--end-group Threads::Threads m dl)
# The folders are compiled once, for pxlaunch and for pxrec: which library they get is the program's choice.
add_library(px_pmix_of_program INTERFACE)
target_include_directories(px_pmix_of_program SYSTEM INTERFACE ${PMIX_INCLUDE_DIRS})
target_link_libraries(px_pmix_of_program INTERFACE
    $<IF:$<BOOL:$<TARGET_PROPERTY:PX_LINKED_STATICALLY>>,px_static_pmix,PkgConfig::PMIX>)
set(PX_PMIX px_pmix_of_program)
set(PX_FMT fmt::fmt-header-only) # distributions ship no libfmt.a
include(CheckCXXCompilerFlag)
check_cxx_compiler_flag(-Oz PX_HAS_OZ) # smaller than -Os; GCC has it from 12 on
add_compile_options(-ffunction-sections -fdata-sections
    $<$<AND:$<BOOL:${PX_HAS_OZ}>,$<CONFIG:Release,MinSizeRel>>:-Oz>)
