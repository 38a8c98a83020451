# One imported target per third-party library, all from Debian 12 packages. Floors are versions
# that carry fixes we rely on (libzmq 4.3.4: all known CURVE advisories).
find_package(PkgConfig REQUIRED)
find_package(Protobuf 3.21 REQUIRED)
find_package(Threads REQUIRED)
pkg_check_modules(ZMQ REQUIRED IMPORTED_TARGET libzmq>=4.3.4)
pkg_check_modules(SQLITE REQUIRED IMPORTED_TARGET sqlite3>=3.40)
pkg_check_modules(SODIUM REQUIRED IMPORTED_TARGET libsodium)
pkg_check_modules(CRYPTO REQUIRED IMPORTED_TARGET libcrypto)  # SHA-256 with the processor's help
pkg_check_modules(INIH REQUIRED IMPORTED_TARGET inih)
pkg_check_modules(ICU REQUIRED IMPORTED_TARGET icu-uc)
pkg_check_modules(EXPAT REQUIRED IMPORTED_TARGET expat)
pkg_check_modules(RE2 REQUIRED IMPORTED_TARGET re2)
find_package(mimalloc 2.0 REQUIRED)
pkg_check_modules(SYSTEMD REQUIRED IMPORTED_TARGET libsystemd)
pkg_check_modules(SSL REQUIRED IMPORTED_TARGET libssl)
# Asio and Beast, headers only. The system's own resolver, no Boost library to link.
find_package(Boost 1.74 REQUIRED)
add_library(yizhan_boost INTERFACE)
target_include_directories(yizhan_boost SYSTEM INTERFACE ${Boost_INCLUDE_DIRS})
# Boost 1.74 uses std::exchange without including it.
target_compile_options(yizhan_boost INTERFACE "SHELL:-include utility")
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
  # With sanitizers g++ 12 warns of Asio's fences and of its coroutine frames' allocator.
  target_compile_options(yizhan_boost INTERFACE -Wno-tsan -Wno-mismatched-new-delete)
else()
  # clang 14 has coroutines but does not say so to libstdc++ and Boost 1.74.
  target_compile_definitions(yizhan_boost INTERFACE __cpp_impl_coroutine=201902L
                             BOOST_ASIO_HAS_CO_AWAIT BOOST_ASIO_HAS_STD_COROUTINE)
  target_compile_options(yizhan_boost INTERFACE -fno-sanitize=function)  # breaks them there
endif()
target_link_libraries(yizhan_boost INTERFACE PkgConfig::SSL PkgConfig::CRYPTO Threads::Threads)
find_package(spdlog REQUIRED)
find_package(nlohmann_json REQUIRED)
find_package(CLI11 REQUIRED)
find_path(MYSQLCPPCONN_INCLUDE mysql_connection.h REQUIRED)
find_library(MYSQLCPPCONN_LIBRARY mysqlcppconn REQUIRED)
add_library(yizhan_mysqlcppconn INTERFACE)
target_include_directories(yizhan_mysqlcppconn SYSTEM INTERFACE ${MYSQLCPPCONN_INCLUDE})
target_link_libraries(yizhan_mysqlcppconn INTERFACE ${MYSQLCPPCONN_LIBRARY})
