# yizhan_part(NAME SOURCES… [PUBLIC libs…] [PRIVATE libs…])
# One directory, one static library yizhan_NAME; includes are written from the top of the tree
# ("store/db.h"). PUBLIC parts are those whose headers ours include.
function(yizhan_part name)
  cmake_parse_arguments(PART "" "" "SOURCES;PUBLIC;PRIVATE" ${ARGN})
  add_library(yizhan_${name} STATIC ${PART_SOURCES})
  target_include_directories(yizhan_${name} PUBLIC ${PROJECT_SOURCE_DIR} ${PROJECT_BINARY_DIR})
  target_link_libraries(yizhan_${name} PUBLIC ${PART_PUBLIC} PRIVATE ${PART_PRIVATE} yizhan_warnings)
endfunction()
