# find_package(faspstream 1.0) gives faspstream::faspstream (shared) and faspstream::static; both bring the headers and C++17.
get_filename_component(_faspstream_prefix "${CMAKE_CURRENT_LIST_DIR}/../../.." ABSOLUTE)
find_package(Threads REQUIRED)

# A project in C alone has no C++ compiler that could be asked for a standard.
set(_faspstream_features "")
if(CMAKE_CXX_COMPILER_LOADED)
  set(_faspstream_features cxx_std_17)
endif()

if(NOT TARGET faspstream::faspstream)
  add_library(faspstream::faspstream SHARED IMPORTED)
  set_target_properties(faspstream::faspstream PROPERTIES
    IMPORTED_LOCATION "${_faspstream_prefix}/lib/libfaspstream.so.1"
    IMPORTED_SONAME "libfaspstream.so.1"
    INTERFACE_INCLUDE_DIRECTORIES "${_faspstream_prefix}/include"
    INTERFACE_LINK_LIBRARIES Threads::Threads
    INTERFACE_COMPILE_FEATURES "${_faspstream_features}")
endif()

if(NOT TARGET faspstream::static)
  add_library(faspstream::static STATIC IMPORTED)
  set_target_properties(faspstream::static PROPERTIES
    IMPORTED_LOCATION "${_faspstream_prefix}/lib/libfaspstream.a"
    INTERFACE_INCLUDE_DIRECTORIES "${_faspstream_prefix}/include"
    INTERFACE_LINK_LIBRARIES "Threads::Threads;${CMAKE_DL_LIBS};m"
    INTERFACE_COMPILE_FEATURES "${_faspstream_features}")
endif()
