# Headers are read once for all files that are compiled as one, which makes a whole build of the programs shorter (the demo from nothing:
# 108 s instead of 188 on two cores); but a change of one file then costs the time of all. So the presets for whole builds do it. Names
# in the anonymous namespaces of one folder differ for it, and every file still includes what it needs: the other presets prove it.
option(PD_UNITY "Compile several files as one" OFF)

# pd_unity(TARGET): the files of the target may be compiled together.
function(pd_unity target)
  set_target_properties(${target} PROPERTIES UNITY_BUILD ${PD_UNITY} UNITY_BUILD_BATCH_SIZE 16)
  # It is about headers: to the compiler the files that are compiled as one are included ones.
  target_compile_options(${target} PRIVATE $<$<BOOL:${PD_UNITY}>:-Wno-subobject-linkage>)
endfunction()
