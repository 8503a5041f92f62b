# cmake -DOUTPUT=FILE -DSOURCE=FOLDER -DGIT=PROGRAM -DCOMMIT=TEXT -P WriteCommit.cmake
# Writes COMMIT, or else the commit of the repository SOURCE, as a C string.
if(NOT COMMIT AND GIT AND EXISTS ${SOURCE}/.git)
  execute_process(COMMAND ${GIT} rev-parse --short=10 HEAD WORKING_DIRECTORY ${SOURCE}
    OUTPUT_VARIABLE COMMIT OUTPUT_STRIP_TRAILING_WHITESPACE ERROR_QUIET)
endif()
if(NOT COMMIT)
  set(COMMIT unknown)
endif()
file(WRITE ${OUTPUT} "\"${COMMIT}\"\n")
