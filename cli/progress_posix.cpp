#include "cli/progress.h"

#include <unistd.h>

#include <cstdio>
#include <utility>

namespace yizhan::cli {
namespace {

constexpr int kCells = 40;

}  // namespace

ProgressBar::ProgressBar(std::string what)
    : what_(std::move(what)), shown_(::isatty(STDERR_FILENO) != 0) {}

ProgressBar::~ProgressBar() {
  if (shown_ && last_ >= 0) std::fputs("\r\033[K", stderr);
}

void ProgressBar::show(std::uint64_t done, std::uint64_t all) {
  if (!shown_ || all == 0) return;
  const int percent = static_cast<int>(done * 100 / all);
  if (percent == last_) return;
  last_ = percent;
  const std::string bar(static_cast<std::size_t>(percent * kCells / 100), '#');
  std::fprintf(stderr, "\r%s [%-*s] %3d %%", what_.c_str(), kCells, bar.c_str(), percent);
  std::fflush(stderr);
}

}  // namespace yizhan::cli
