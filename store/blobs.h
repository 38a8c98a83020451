#pragma once
// Attachments by content, for agent and broker alike: FOLDER/ab/abcdef… is complete, verified and
// durable and never changes; FOLDER/partial/abcdef… is on its way in. One thread.

#include <bitset>
#include <cstdint>
#include <list>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "config/ids.h"
#include "config/result.h"
#include "store/disk.h"
#include "store/sha256.h"

namespace yizhan::store {

class Blobs {
 public:
  /// `folder` is made if missing. Partial files of an earlier run are kept: uploads resume.
  static Result<Blobs> open(Disk& disk, std::string folder);

  /// Whether the blob is complete and will be there after a power cut as well: ask before anything
  /// that needs it is acknowledged.
  bool has(const Sha256& hash) const;
  std::string path(const Sha256& hash) const;  ///< of the complete blob, whether there or not

  struct State {
    std::uint64_t offset = 0;  ///< bytes held; the next chunk starts here
    bool complete = false;
  };
  Result<State> state(const Sha256& hash) const;

  /// Adds bytes at `offset`. A chunk that lies before what is held changes nothing; one that would
  /// leave a gap is refused by returning the state unchanged. When `size` bytes are held the hash
  /// is verified, the file synced and made complete; a wrong hash is kInvalid, and the partial file
  /// is removed. kLimit when offset + bytes > size. More held than `size`
  /// means that somebody lied about it: the partial file is removed and all is asked for again.
  /// Every kSyncBytes the partial file is synced, so that completing a large blob does not stop the
  /// process for long.
  Result<State> add(const Sha256& hash, std::uint64_t size, std::uint64_t offset,
                    std::string_view bytes);

  /// Copies a file in under its hash; nothing is done if it is there already. kInvalid if the file
  /// changed between hashing and copying.
  Result<Disk::Digest> take_file(const std::string& path);

  /// At most `size` bytes of a complete blob from `offset`.
  Result<std::string> read(const Sha256& hash, std::uint64_t offset, std::size_t size) const;

  Status remove(const Sha256& hash);

  /// For retention: complete blobs whose hash begins with the byte `first` and that came before
  /// `before_us`.
  Result<std::vector<Sha256>> unchanged(unsigned char first, std::int64_t before_us) const;
  /// Removes at most `limit` files of blobs on their way in that nobody has added to since
  /// `before_us`; if somebody goes on after all, then from the start.
  Status remove_abandoned(std::int64_t before_us, int limit);

 private:
  /// The hash of what a partial file holds so far: completing a blob then costs the last chunk, and
  /// not reading gigabytes back in one step of the loop. Lost at a restart, and then made again
  /// from the file.
  struct Running {
    Sha256 name;
    std::uint64_t offset = 0;
    Sha256Stream hash;
  };

  Blobs(Disk& disk, std::string folder) : disk_(&disk), folder_(std::move(folder)) {}
  std::string partial_path(const Sha256& hash) const;
  Result<Running*> running_at(const Sha256& hash, std::uint64_t offset);
  void forget(const Sha256& hash);
  Status append(const Sha256& hash, std::uint64_t held, std::string_view bytes);
  Status complete(const Sha256& hash, std::uint64_t size);
  Status publish(const std::string& from, const Sha256& hash);

  Disk* disk_;
  std::string folder_;
  /// Folders whose names are known to be durable, by the first byte of the hash. What an earlier
  /// process renamed and did not sync is there, and gone after the next power cut.
  mutable std::bitset<256> durable_;
  std::list<Running> running_;  ///< the most recently used first, at most kMaxRunning
};

inline constexpr std::uint64_t kSyncBytes = 8 * 1024 * 1024;
inline constexpr std::size_t kMaxRunning = 256;  ///< uploads whose hash is kept in memory

}  // namespace yizhan::store
