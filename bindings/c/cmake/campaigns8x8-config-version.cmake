# The version is the header's. Before 1.0 a new minor version may break, after it a new major one.
file(STRINGS "${CMAKE_CURRENT_LIST_DIR}/../../../include/campaigns8x8.h" _campaigns8x8_lines
     REGEX "^#define C8X8_VERSION_(MAJOR|MINOR|PATCH) ")
list(TRANSFORM _campaigns8x8_lines REPLACE "^.* " "")
list(JOIN _campaigns8x8_lines "." PACKAGE_VERSION)
list(GET _campaigns8x8_lines 0 _campaigns8x8_major)
list(GET _campaigns8x8_lines 1 _campaigns8x8_minor)

set(PACKAGE_VERSION_COMPATIBLE FALSE)
set(PACKAGE_VERSION_EXACT FALSE)
if(PACKAGE_VERSION VERSION_EQUAL PACKAGE_FIND_VERSION)
  set(PACKAGE_VERSION_EXACT TRUE)
endif()
if(NOT PACKAGE_VERSION VERSION_LESS PACKAGE_FIND_VERSION
   AND _campaigns8x8_major EQUAL PACKAGE_FIND_VERSION_MAJOR
   AND (_campaigns8x8_major GREATER 0 OR _campaigns8x8_minor EQUAL PACKAGE_FIND_VERSION_MINOR))
  set(PACKAGE_VERSION_COMPATIBLE TRUE)
endif()
