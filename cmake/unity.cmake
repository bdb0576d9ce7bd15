# A whole build takes half the time when several files are compiled as one, since the headers are read once for all of them; but a
# change of one file then costs the time of all. So the presets for whole builds do it. What files share must not depend on it: names
# in the anonymous namespaces of one folder differ, and a build without it includes what it needs.
option(PD_UNITY "Compile several files as one" OFF)

# pd_unity(TARGET): the files of the target may be compiled together.
function(pd_unity target)
  set_target_properties(${target} PROPERTIES UNITY_BUILD ${PD_UNITY} UNITY_BUILD_BATCH_SIZE 6)
endfunction()
