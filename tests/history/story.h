#pragma once
// What stories about history share.

#include <catch2/catch.hpp>
#include <string>
#include <vector>

#include "tests/history/lab.h"

namespace yizhan::history_lab {

inline const std::vector<Person> kTwo = {{"li.wei", {"translator"}}, {"chen.jie", {"translator"}}};

/// With everybody on line and nothing left to be said, all have what the server has.
inline void check_same(Lab& lab) {
  lab.all_online(true);
  lab.settle();
  const std::string server = lab.server_contents();
  for (std::size_t i = 0; i < lab.size(); ++i) {
    CHECK(Lab::difference(lab.contents(i), server) == "");
  }
}

}  // namespace yizhan::history_lab
