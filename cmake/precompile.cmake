# Most of the time of a build goes into reading the headers of Asio, JSON and GoogleTest again for each file: here they are read once.
# Every file still includes what it needs; -DPD_PRECOMPILE=OFF proves it.
option(PD_PRECOMPILE "Precompile common headers" ON)

# pd_precompile(TARGET): the target, which links pd_asio, uses the headers of cmake/precompiled.h.
function(pd_precompile target)
  if(PD_PRECOMPILE AND TARGET pd_precompiled)
    target_precompile_headers(${target} REUSE_FROM pd_precompiled)
  endif()
endfunction()

# The same for a program of tests: GoogleTest too.
function(pd_precompile_test target)
  if(PD_PRECOMPILE AND TARGET pd_precompiled_test)
    target_precompile_headers(${target} REUSE_FROM pd_precompiled_test)
  endif()
endfunction()

if(PD_PRECOMPILE AND TARGET pd_asio)
  add_library(pd_precompiled OBJECT cmake/precompiled.cc)
  target_link_libraries(pd_precompiled PRIVATE identity pd_asio pd_warnings)
  target_precompile_headers(pd_precompiled PRIVATE cmake/precompiled.h)
  if(PD_TESTS)
    add_library(pd_precompiled_test OBJECT cmake/precompiled.cc)
    target_link_libraries(pd_precompiled_test PRIVATE identity pd_asio pd_warnings GTest::gtest GTest::gmock)
    # Compiled as the sources of a program are: the compiler wants the same for both.
    set_target_properties(pd_precompiled_test PROPERTIES POSITION_INDEPENDENT_CODE OFF)
    target_compile_options(pd_precompiled_test PRIVATE -fPIE)
    target_precompile_headers(pd_precompiled_test PRIVATE cmake/precompiled.h <gtest/gtest.h> <gmock/gmock.h>)
  endif()
endif()
