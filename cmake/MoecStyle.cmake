# Targets for people: formatting, static checks, generated references.
#   format        rewrites the C++ sources with clang-format
#   check-format  fails where format would change something
#   tidy          clang-tidy over the C++ sources
#   moec-docs     docs/generated from the td files
find_program(MOEC_CLANG_FORMAT NAMES clang-format-22)
find_program(MOEC_CLANG_TIDY NAMES clang-tidy-22)
find_program(MOEC_RUN_CLANG_TIDY NAMES run-clang-tidy-22 run-clang-tidy-22.py)
find_package(Python3 3.9 COMPONENTS Interpreter)

if(MOEC_CLANG_FORMAT AND Python3_FOUND)
  set(check_format ${Python3_EXECUTABLE} -B ${CMAKE_SOURCE_DIR}/test/scripts/check_format.py
      ${CMAKE_SOURCE_DIR} ${MOEC_CLANG_FORMAT})
  add_custom_target(format COMMAND ${check_format} --fix VERBATIM)
  add_custom_target(check-format COMMAND ${check_format} VERBATIM)
endif()

if(MOEC_CLANG_TIDY AND MOEC_RUN_CLANG_TIDY)
  # Generated headers have to be there; sources of the build folder are not ours.
  add_custom_target(tidy
    COMMAND ${MOEC_RUN_CLANG_TIDY} -clang-tidy-binary ${MOEC_CLANG_TIDY}
            -p ${CMAKE_BINARY_DIR} -quiet
            "^${CMAKE_SOURCE_DIR}/(dialects|include|lib|passes|runtime|test|tools)/"
    WORKING_DIRECTORY ${CMAKE_SOURCE_DIR} USES_TERMINAL VERBATIM)
  if(TARGET moec-headers)
    add_dependencies(tidy moec-headers)
  endif()
endif()

if(NOT MOEC_RUNTIME_ONLY AND Python3_FOUND)
  list(GET MLIR_INCLUDE_DIRS 0 mlir_include)
  add_custom_target(moec-docs
    COMMAND ${Python3_EXECUTABLE} -B ${CMAKE_SOURCE_DIR}/scripts/generate-docs.py
            ${LLVM_TOOLS_BINARY_DIR}/mlir-tblgen ${mlir_include}
            ${CMAKE_SOURCE_DIR}/docs/generated
    VERBATIM)
endif()
