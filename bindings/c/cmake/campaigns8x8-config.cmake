# find_package(campaigns8x8 CONFIG REQUIRED) gives:
#
#   campaigns8x8::shared  the shared library
#   campaigns8x8::static  the static library, and the system's libraries that it needs
#   campaigns8x8::cpp     the C++17 wrapper, over the shared library; over the static one if campaigns8x8_USE_STATIC_LIBS is
#                         set before, or if only that one was installed
#
# Everything is found from where this file is, so the folder of the installation may be moved.
get_filename_component(_campaigns8x8_prefix "${CMAKE_CURRENT_LIST_DIR}/../../.." ABSOLUTE)
set(_campaigns8x8_include "${_campaigns8x8_prefix}/include")

# Looks for one file of the installation.
function(_campaigns8x8_find variable)
  cmake_parse_arguments(PARSE_ARGV 1 _find "" "" "NAMES;FOLDERS")
  set(found "")
  foreach(folder IN LISTS _find_FOLDERS)
    foreach(name IN LISTS _find_NAMES)
      if(NOT found AND EXISTS "${_campaigns8x8_prefix}/${folder}/${name}")
        set(found "${_campaigns8x8_prefix}/${folder}/${name}")
      endif()
    endforeach()
  endforeach()
  set(${variable} "${found}" PARENT_SCOPE)
endfunction()

set(_campaigns8x8_folders lib lib64)
if(CMAKE_LIBRARY_ARCHITECTURE)
  list(APPEND _campaigns8x8_folders "lib/${CMAKE_LIBRARY_ARCHITECTURE}")
endif()
_campaigns8x8_find(_campaigns8x8_static NAMES libcampaigns8x8.a campaigns8x8.lib FOLDERS ${_campaigns8x8_folders})
_campaigns8x8_find(_campaigns8x8_pc NAMES pkgconfig/campaigns8x8.pc FOLDERS ${_campaigns8x8_folders})
if(WIN32)
  _campaigns8x8_find(_campaigns8x8_shared NAMES campaigns8x8.dll FOLDERS bin)
  _campaigns8x8_find(_campaigns8x8_import NAMES libcampaigns8x8.dll.a campaigns8x8.dll.lib
                     FOLDERS ${_campaigns8x8_folders})
else()
  _campaigns8x8_find(_campaigns8x8_shared NAMES libcampaigns8x8.so libcampaigns8x8.dylib
                     FOLDERS ${_campaigns8x8_folders})
endif()

if(_campaigns8x8_shared AND NOT TARGET campaigns8x8::shared)
  add_library(campaigns8x8::shared SHARED IMPORTED)
  set_target_properties(campaigns8x8::shared PROPERTIES
    IMPORTED_LOCATION "${_campaigns8x8_shared}"
    INTERFACE_INCLUDE_DIRECTORIES "${_campaigns8x8_include}")
  if(WIN32)
    set_target_properties(campaigns8x8::shared PROPERTIES IMPORTED_IMPLIB "${_campaigns8x8_import}")
  endif()
endif()

if(_campaigns8x8_static AND NOT TARGET campaigns8x8::static)
  # What the static library needs is written in one place, the pkg-config file.
  file(STRINGS "${_campaigns8x8_pc}" _campaigns8x8_needs REGEX "^Libs.private:")
  string(REGEX REPLACE "^Libs.private: *" "" _campaigns8x8_needs "${_campaigns8x8_needs}")
  separate_arguments(_campaigns8x8_needs UNIX_COMMAND "${_campaigns8x8_needs}")
  list(TRANSFORM _campaigns8x8_needs REPLACE "^-l" "")
  add_library(campaigns8x8::static STATIC IMPORTED)
  set_target_properties(campaigns8x8::static PROPERTIES
    IMPORTED_LOCATION "${_campaigns8x8_static}"
    INTERFACE_INCLUDE_DIRECTORIES "${_campaigns8x8_include}"
    INTERFACE_LINK_LIBRARIES "${_campaigns8x8_needs}")
endif()

if(TARGET campaigns8x8::static AND (campaigns8x8_USE_STATIC_LIBS OR NOT TARGET campaigns8x8::shared))
  set(_campaigns8x8_library campaigns8x8::static)
else()
  set(_campaigns8x8_library campaigns8x8::shared)
endif()
if(NOT TARGET ${_campaigns8x8_library})
  set(campaigns8x8_FOUND FALSE)
  set(campaigns8x8_NOT_FOUND_MESSAGE "There is no campaigns8x8 library below ${_campaigns8x8_prefix}; install it anew.")
elseif(NOT TARGET campaigns8x8::cpp)
  add_library(campaigns8x8::cpp INTERFACE IMPORTED)
  set_target_properties(campaigns8x8::cpp PROPERTIES
    INTERFACE_COMPILE_FEATURES cxx_std_17
    INTERFACE_LINK_LIBRARIES ${_campaigns8x8_library})
endif()
