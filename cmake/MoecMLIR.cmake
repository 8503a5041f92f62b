# Finds MLIR and offers the helpers with which every folder declares its part.
find_package(MLIR 22.1 REQUIRED CONFIG HINTS /usr/lib/llvm-22/lib/cmake/mlir)
list(APPEND CMAKE_MODULE_PATH ${MLIR_CMAKE_DIR} ${LLVM_CMAKE_DIR})
include(TableGen)
include(AddLLVM)
include(AddMLIR)
include_directories(SYSTEM ${LLVM_INCLUDE_DIRS} ${MLIR_INCLUDE_DIRS})
add_custom_target(moec-headers) # every generated header

# One precompiled header for all that includes MLIR: parsing its headers is
# most of the cost of a translation unit.
file(CONFIGURE OUTPUT ${CMAKE_BINARY_DIR}/moec_pch.cpp
     CONTENT "// carries the shared precompiled header\n" @ONLY) # written only when it changes
add_library(moec_pch OBJECT ${CMAKE_BINARY_DIR}/moec_pch.cpp)
target_compile_options(moec_pch PRIVATE -fno-rtti -fno-exceptions -Xclang -fno-pch-timestamp)
target_precompile_headers(moec_pch PRIVATE ${CMAKE_SOURCE_DIR}/cmake/MoecPCH.h)

# moec_add_library(NAME SOURCES... [DEPENDS targets...] [LINK libs...])
# A static library that uses MLIR. DEPENDS is for generated headers of others.
function(moec_add_library name)
  cmake_parse_arguments(ARG "EXCEPTIONS" "" "DEPENDS;LINK" ${ARGN})
  add_library(${name} STATIC ${ARG_UNPARSED_ARGUMENTS})
  if(ARG_EXCEPTIONS)
    # For the few files that use a library which throws.
    target_compile_options(${name} PRIVATE -fno-rtti)
  else()
    target_compile_options(${name} PRIVATE -fno-rtti -fno-exceptions -Xclang -fno-pch-timestamp)
    target_precompile_headers(${name} REUSE_FROM moec_pch)
  endif()
  target_link_libraries(${name} PUBLIC ${ARG_LINK} MLIR LLVM)
  add_dependencies(${name} moec-headers)
endfunction()

# moec_add_tool(NAME SOURCES... LINK libs...)
function(moec_add_tool name)
  cmake_parse_arguments(ARG "" "" "LINK" ${ARGN})
  add_executable(${name} ${ARG_UNPARSED_ARGUMENTS})
  target_compile_options(${name} PRIVATE -fno-rtti)
  target_link_libraries(${name} PRIVATE ${ARG_LINK} MLIR LLVM)
  add_dependencies(${name} moec-headers)
endfunction()

# moec_tablegen(TARGET file.td out1 gen1 out2 gen2 ...): generated headers land
# beside their td file's path in the build folder. A gen may hold options
# after blanks ("-gen-dialect-decls -dialect=moe").
function(moec_tablegen target td)
  set(LLVM_TARGET_DEFINITIONS ${td})
  set(rest ${ARGN})
  while(rest)
    list(POP_FRONT rest out gen)
    separate_arguments(gen)
    mlir_tablegen(${out} ${gen} EXTRA_INCLUDES ${CMAKE_SOURCE_DIR})
  endwhile()
  add_public_tablegen_target(${target})
  add_dependencies(moec-headers ${target})
endfunction()

# moec_add_pass_phase(Phase SOURCES... [LINK libs...]): the folder of one phase:
# its Passes.td and the library MoecPhase.
function(moec_add_pass_phase phase)
  moec_tablegen(Moec${phase}PassesIncGen Passes.td
    Passes.h.inc "-gen-pass-decls -name Moec${phase}")
  moec_add_library(Moec${phase} ${ARGN})
endfunction()
