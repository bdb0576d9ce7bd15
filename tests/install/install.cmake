# Each command must succeed, and the program must say what it says.
set(prefix ${WORK_DIR}/prefix)
set(expected "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k olivier@example.org\n")

function(run)
  execute_process(COMMAND ${ARGN} COMMAND_ECHO STDOUT COMMAND_ERROR_IS_FATAL ANY)
endfunction()

function(expect_output program)
  execute_process(COMMAND ${program} OUTPUT_VARIABLE output COMMAND_ERROR_IS_FATAL ANY)
  if(NOT output STREQUAL expected)
    message(FATAL_ERROR "${program} printed: ${output}")
  endif()
endfunction()

file(REMOVE_RECURSE ${WORK_DIR})
file(MAKE_DIRECTORY ${WORK_DIR})
run(${CMAKE_COMMAND} --install ${BUILD_DIR} --prefix ${prefix} --component identity)

# With find_package().
run(${CMAKE_COMMAND} -G "${GENERATOR}" -S ${OUTSIDE_DIR} -B ${WORK_DIR}/cmake -D CMAKE_PREFIX_PATH=${prefix}
  -D CMAKE_CXX_COMPILER=${CXX} -D CMAKE_CXX_FLAGS=${CXX_FLAGS})
run(${CMAKE_COMMAND} --build ${WORK_DIR}/cmake)
expect_output(${WORK_DIR}/cmake/outside)

# With pkg-config.
set(ENV{PKG_CONFIG_PATH} ${prefix}/${LIBDIR}/pkgconfig)
set(ENV{LD_LIBRARY_PATH} ${prefix}/${LIBDIR})
execute_process(COMMAND ${PKG_CONFIG} --cflags --libs identity
  OUTPUT_VARIABLE flags OUTPUT_STRIP_TRAILING_WHITESPACE COMMAND_ERROR_IS_FATAL ANY)
separate_arguments(flags UNIX_COMMAND "${flags}")
separate_arguments(compiler_flags UNIX_COMMAND "${CXX_FLAGS}")
run(${CXX} -std=c++20 ${compiler_flags} ${OUTSIDE_DIR}/outside.cc -o ${WORK_DIR}/outside ${flags})
expect_output(${WORK_DIR}/outside)
