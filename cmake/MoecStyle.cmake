# Targets for people: formatting, static checks, generated references.
#   format        rewrites the C++ sources with clang-format
#   check-format  fails where format would change something
#   tidy          clang-tidy over the C++ sources
#   moec-docs     docs/generated from the td files
find_program(MOEC_CLANG_FORMAT NAMES clang-format-22)
find_program(MOEC_CLANG_TIDY NAMES clang-tidy-22)
find_program(MOEC_RUN_CLANG_TIDY NAMES run-clang-tidy-22 run-clang-tidy-22.py)
set(MOEC_SOURCE_PATTERNS "*.cpp" "*.h" "*.c")

if(MOEC_CLANG_FORMAT)
  # git knows the sources; the list is made when the target runs.
  set(list_sources git -C ${CMAKE_SOURCE_DIR} ls-files -z --cached --others
      --exclude-standard ${MOEC_SOURCE_PATTERNS})
  add_custom_target(format
    COMMAND ${list_sources} | xargs -0 -r ${MOEC_CLANG_FORMAT} -i
    WORKING_DIRECTORY ${CMAKE_SOURCE_DIR} VERBATIM)
  add_custom_target(check-format
    COMMAND ${list_sources} | xargs -0 -r ${MOEC_CLANG_FORMAT} --dry-run --Werror
    WORKING_DIRECTORY ${CMAKE_SOURCE_DIR} VERBATIM)
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

if(NOT MOEC_RUNTIME_ONLY)
  find_package(Python3 3.9 REQUIRED COMPONENTS Interpreter)
  list(GET MLIR_INCLUDE_DIRS 0 mlir_include)
  add_custom_target(moec-docs
    COMMAND ${Python3_EXECUTABLE} -B ${CMAKE_SOURCE_DIR}/scripts/generate-docs.py
            ${LLVM_TOOLS_BINARY_DIR}/mlir-tblgen ${mlir_include}
            ${CMAKE_SOURCE_DIR}/docs/generated
    VERBATIM)
endif()
