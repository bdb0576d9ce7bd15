# Every target of ours links this: the warnings we hold ourselves to.
add_library(pd_warnings INTERFACE)
target_compile_options(pd_warnings INTERFACE
  -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wnon-virtual-dtor -Woverloaded-virtual -Wno-sign-conversion)

# g++ 12, when it optimizes, takes Asio's own pair of allocation functions for coroutines for a mismatched one.
target_compile_options(pd_warnings INTERFACE -Wno-mismatched-new-delete)

option(PD_WERROR "Treat warnings as errors" OFF)
if(PD_WERROR)
  target_compile_options(pd_warnings INTERFACE -Werror)
endif()
