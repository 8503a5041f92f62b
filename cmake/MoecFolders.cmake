# moec_add_folders(): every folder here that has a CMakeLists.txt takes part
# without being named.
macro(moec_add_folders)
  file(GLOB _folders RELATIVE ${CMAKE_CURRENT_SOURCE_DIR} CONFIGURE_DEPENDS
       ${CMAKE_CURRENT_SOURCE_DIR}/*/CMakeLists.txt)
  foreach(_folder ${_folders})
    get_filename_component(_folder ${_folder} DIRECTORY)
    add_subdirectory(${_folder})
  endforeach()
endmacro()
