# What `cmake --install` puts where: tools, the library both ways, its headers,
# and what CMake (find_package(moec)) and pkg-config need to find it. The
# component `runtime` is all of that without the compiler's tools.
include(GNUInstallDirs)
include(CMakePackageConfigHelpers)

set(compiler)
if(NOT MOEC_RUNTIME_ONLY)
  set(compiler moec moec-opt moec-interpret moec-lsp-server moec-reduce ptxsim)
  install(TARGETS ${compiler} RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR} COMPONENT compiler)
endif()
# LLVM's and OpenMP's libraries stay where they are.
set_target_properties(${compiler} moec-run moec_runtime_shared PROPERTIES
  INSTALL_RPATH_USE_LINK_PATH ON)
set(CMAKE_INSTALL_DEFAULT_COMPONENT_NAME runtime)
install(TARGETS moec-run RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
install(TARGETS moec_runtime ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR})
target_include_directories(moec_runtime_shared INTERFACE
  $<INSTALL_INTERFACE:${CMAKE_INSTALL_INCLUDEDIR}>)
install(TARGETS moec_runtime_shared EXPORT moecTargets LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR})
# Plugins of the runtime, found relative to it.
install(TARGETS moec_ptxsim LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR}/moec)
install(FILES ${CMAKE_SOURCE_DIR}/include/moec/Runtime/Runtime.h
              ${CMAKE_BINARY_DIR}/moec/Runtime/Version.h
        DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}/moec/Runtime)
install(FILES ${CMAKE_SOURCE_DIR}/LICENSE DESTINATION ${CMAKE_INSTALL_DOCDIR})

# What the static library needs: the OpenMP library that it was built for, by
# path, and what every system has under one name.
set(openmp ${OpenMP_CXX_LIB_NAMES})
list(REMOVE_ITEM openmp pthread)
list(TRANSFORM openmp REPLACE "(.+)" "OpenMP_\\1_LIBRARY")
set(static_libraries)
foreach(library ${openmp})
  list(APPEND static_libraries ${${library}})
endforeach()
get_property(has_images TARGET moec_runtime PROPERTY LINK_LIBRARIES)
if("PNG::PNG" IN_LIST has_images)
  list(APPEND static_libraries -lpng -ljpeg)
endif()
list(APPEND static_libraries -lz -lstdc++ -lpthread -lm ${CMAKE_DL_LIBS})
list(REMOVE_DUPLICATES static_libraries)
list(JOIN static_libraries " " static_flags)
string(REPLACE " ${CMAKE_DL_LIBS}" " -l${CMAKE_DL_LIBS}" static_flags "${static_flags}")

set(package ${CMAKE_INSTALL_LIBDIR}/cmake/moec)
install(EXPORT moecTargets NAMESPACE moec:: DESTINATION ${package})
configure_package_config_file(${CMAKE_SOURCE_DIR}/cmake/moecConfig.cmake.in
  ${CMAKE_BINARY_DIR}/moec/moecConfig.cmake INSTALL_DESTINATION ${package}
  PATH_VARS CMAKE_INSTALL_LIBDIR CMAKE_INSTALL_INCLUDEDIR)
write_basic_package_version_file(${CMAKE_BINARY_DIR}/moec/moecConfigVersion.cmake
  COMPATIBILITY SameMinorVersion)
install(FILES ${CMAKE_BINARY_DIR}/moec/moecConfig.cmake
              ${CMAKE_BINARY_DIR}/moec/moecConfigVersion.cmake DESTINATION ${package})
file(RELATIVE_PATH to_prefix /${CMAKE_INSTALL_LIBDIR}/pkgconfig /)
foreach(name moec moec-static)
  configure_file(${CMAKE_SOURCE_DIR}/cmake/${name}.pc.in ${CMAKE_BINARY_DIR}/moec/${name}.pc @ONLY)
  install(FILES ${CMAKE_BINARY_DIR}/moec/${name}.pc DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig)
endforeach()
