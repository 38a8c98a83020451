set(CMAKE_CXX_STANDARD 20)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)

find_program(CCACHE_PROGRAM ccache)
if(CCACHE_PROGRAM)
  set(CMAKE_CXX_COMPILER_LAUNCHER ${CCACHE_PROGRAM})
endif()

# Linked privately by our own code, never by third parties or generated code.
add_library(yizhan_warnings INTERFACE)
target_compile_options(yizhan_warnings INTERFACE -Wall -Wextra -Wpedantic -Wshadow -Wconversion)
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
  # g++ 12 takes the inactive alternative of a moved std::variant for uninitialized memory.
  target_compile_options(yizhan_warnings INTERFACE -Wno-maybe-uninitialized)
endif()
option(YIZHAN_WERROR "Treat warnings as errors" ON)
if(YIZHAN_WERROR)
  target_compile_options(yizhan_warnings INTERFACE -Werror)
endif()

# "address;undefined", "thread" or empty; the presets set it.
set(YIZHAN_SANITIZE "" CACHE STRING "Sanitizers to build with")
foreach(sanitizer IN LISTS YIZHAN_SANITIZE)
  add_compile_options(-fsanitize=${sanitizer} -fno-omit-frame-pointer)
  add_link_options(-fsanitize=${sanitizer})
endforeach()
