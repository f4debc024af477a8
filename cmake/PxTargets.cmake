# PxTargets.cmake - one static library per source folder; what a folder may use is what it links.

add_library(px_options INTERFACE)
target_compile_features(px_options INTERFACE cxx_std_20)
target_include_directories(px_options INTERFACE ${CMAKE_SOURCE_DIR})
target_compile_options(px_options INTERFACE -Wall -Wextra -Wno-missing-field-initializers)
if(NOT CMAKE_UNITY_BUILD) # where the names of one file shadow those of the next
    target_compile_options(px_options INTERFACE -Wshadow)
endif()
target_compile_definitions(px_options INTERFACE
    _GNU_SOURCE PX_VERSION="${PROJECT_VERSION}"
    PX_PREFIX="${CMAKE_INSTALL_PREFIX}")
# GCC 12 sees overlapping copies inside std::string that are not there (PR 105651).
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU" AND CMAKE_CXX_COMPILER_VERSION VERSION_LESS 13)
    target_compile_options(px_options INTERFACE -Wno-restrict)
endif()
if(PX_WERROR)
    target_compile_options(px_options INTERFACE -Werror)
endif()
if(PX_SANITIZE)
    target_compile_options(px_options INTERFACE
        -fsanitize=${PX_SANITIZE} -fno-omit-frame-pointer -fno-sanitize-recover=undefined)
    target_link_options(px_options INTERFACE -fsanitize=${PX_SANITIZE})
endif()

# px_folder(NAME [LIBRARY...]): the sources of this folder become the library NAME.
function(px_folder name)
    file(GLOB sources CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/*.cpp)
    list(FILTER sources EXCLUDE REGEX "/main\\.cpp$")
    if(sources)
        add_library(${name} STATIC ${sources})
        target_link_libraries(${name} PUBLIC px_options ${ARGN})
    else()
        add_library(${name} INTERFACE)
        target_link_libraries(${name} INTERFACE px_options ${ARGN})
    endif()
endfunction()
