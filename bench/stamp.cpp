// The smallest handler: appends "ID NANOSECONDS" (CLOCK_MONOTONIC) to a file. Usage: stamp FILE ID
#include <fcntl.h>
#include <time.h>
#include <unistd.h>

#include <cstdio>

int main(int argc, char** argv) {
  timespec now{};
  clock_gettime(CLOCK_MONOTONIC, &now);
  if (argc < 3) return 2;
  char line[128];
  const int size = std::snprintf(line, sizeof line, "%s %lld\n", argv[2],
                                 static_cast<long long>(now.tv_sec) * 1'000'000'000 + now.tv_nsec);
  const int fd = open(argv[1], O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
  return write(fd, line, static_cast<size_t>(size)) == size ? 0 : 1;
}
