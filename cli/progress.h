#pragma once
// How far long work is, on a terminal and nowhere else.

#include <cstdint>
#include <string>

namespace yizhan::cli {

class ProgressBar {
 public:
  /// Shows nothing unless standard error is a terminal.
  explicit ProgressBar(std::string what);
  ~ProgressBar();  ///< clears its line
  ProgressBar(const ProgressBar&) = delete;
  ProgressBar& operator=(const ProgressBar&) = delete;
  void show(std::uint64_t done, std::uint64_t all);

 private:
  std::string what_;
  bool shown_;
  int last_ = -1;
};

}  // namespace yizhan::cli
