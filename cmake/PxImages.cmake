# PxImages.cmake - the targets images and push-images; cmake/make-images reads the IMAGE_ variables when they are built.

foreach(action build push)
    string(REPLACE build- "" target ${action}-images)
    add_custom_target(${target} COMMAND ${CMAKE_SOURCE_DIR}/cmake/make-images ${action} USES_TERMINAL VERBATIM)
endforeach()
