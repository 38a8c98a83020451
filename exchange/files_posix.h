#pragma once
// The only place of this part that opens files.

#include <memory>
#include <string>

#include "config/result.h"
#include "exchange/source.h"
#include "exchange/writer.h"

namespace yizhan::exchange {

/// The regular file at `path`, links followed; never blocks on a FIFO or device. kNotFound if there
/// is none, kInvalid if it is not a regular file, kIo otherwise.
Result<std::unique_ptr<ByteSource>> open_source(const std::string& path);

/// A file that is nowhere to be seen under its name until it is whole.
class FileOutput final : public Output {
 public:
  /// Writes to `temporary`, which is made (mode 0644 less the umask), or emptied if it is a regular
  /// file. kInvalid for anything else, which stays untouched; kIo.
  static Result<std::unique_ptr<FileOutput>> create(const std::string& temporary);
  ~FileOutput() override;  ///< without commit(): the temporary file is removed
  FileOutput(const FileOutput&) = delete;
  FileOutput& operator=(const FileOutput&) = delete;

  Status write(std::string_view bytes) override;
  /// Durably gives the file the name `path`, on the same file system. kIo; then the temporary file
  /// is removed and what was at `path` is unchanged.
  Status commit(const std::string& path);

 private:
  FileOutput(int fd, std::string temporary) : fd_(fd), temporary_(std::move(temporary)) {}
  void discard();

  int fd_;
  std::string temporary_;
};

}  // namespace yizhan::exchange
