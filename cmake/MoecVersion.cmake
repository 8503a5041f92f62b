# The version stands in project() alone. From it come
#   moec/Runtime/Version.h   numbers for users of the C interface
#   moec/Commit.inc          the commit, as a C string; written again when HEAD
#                            moves, so that only Version.cpp is compiled again
set(MOEC_MODULE_ABI 4) # docs/module-format.md says when it grows
set(MOEC_COMMIT "" CACHE STRING "The commit, where the sources are no git repository")
configure_file(${CMAKE_SOURCE_DIR}/include/moec/Runtime/Version.h.in
               ${CMAKE_BINARY_DIR}/moec/Runtime/Version.h @ONLY)

find_package(Git QUIET)
set(MOEC_GIT_LOG "")
if(NOT MOEC_COMMIT AND GIT_FOUND AND EXISTS ${CMAKE_SOURCE_DIR}/.git)
  execute_process(COMMAND ${GIT_EXECUTABLE} rev-parse --git-path logs/HEAD
    WORKING_DIRECTORY ${CMAKE_SOURCE_DIR} OUTPUT_VARIABLE MOEC_GIT_LOG
    OUTPUT_STRIP_TRAILING_WHITESPACE ERROR_QUIET)
  get_filename_component(MOEC_GIT_LOG "${MOEC_GIT_LOG}" ABSOLUTE BASE_DIR ${CMAKE_SOURCE_DIR})
  if(NOT EXISTS "${MOEC_GIT_LOG}")
    set(MOEC_GIT_LOG "")
  endif()
endif()
