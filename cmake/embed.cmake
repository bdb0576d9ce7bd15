# pd_embed(TARGET NAME FILE): compiles the text of FILE into TARGET as
#   namespace pd::embedded { extern const std::string_view NAME; }
# The template works for Meson too (configure_file with fs.read).
function(pd_embed target name file)
  set(EMBED_NAME ${name})
  file(READ ${file} EMBED_TEXT)
  set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${file})
  set(out ${CMAKE_CURRENT_BINARY_DIR}/embedded/${name}.cc)
  configure_file(${PROJECT_SOURCE_DIR}/cmake/embed.cc.in ${out} @ONLY)
  target_sources(${target} PRIVATE ${out})
endfunction()
