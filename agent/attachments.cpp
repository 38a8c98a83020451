#include "agent/attachments.h"

#include <optional>
#include <utility>

#include "wire/codec.h"
#include "wire/limits.h"

namespace yizhan::agent {

namespace {

using store::FileInfo;
using store::FileType;

/// One look at one claim.
struct Look {
  enum State { kTaken, kNotYet, kNever } state = kTaken;
  std::string reason;
  bool final_when_quiet = true;  ///< kNotYet becomes kNever once nothing moves any more
};

wire::Attachment attachment(const std::string& name, const Sha256& hash, std::uint64_t size) {
  wire::Attachment one;
  one.set_name(name);
  one.set_sha256(std::string(hash.view()));
  one.set_size(size);
  return one;
}

std::string called(const AttachmentClaim& claim) {
  return "attachment '" + shown(claim.name) + "' (line " + std::to_string(claim.line) + ")";
}

class Gathering {
 public:
  Gathering(Context& context, const std::string& folder, const std::vector<wire::Attachment>& known,
            bool patience, AttachmentWatch& watch)
      : context_(context), folder_(folder), known_(known), patience_(patience), watch_(watch) {}

  Result<Gathered> all(const std::vector<AttachmentClaim>& claims);

 private:
  void look_around(const std::vector<AttachmentClaim>& claims);
  Result<Look> one(const AttachmentClaim& claim);
  Result<Look> take(const AttachmentClaim& claim, const FileInfo& info);
  bool take_from_store(const AttachmentClaim& claim);
  bool quiet() const { return !patience_ || context_.now.steady >= watch_.changed + kQuiet; }

  Context& context_;
  const std::string& folder_;
  const std::vector<wire::Attachment>& known_;
  const bool patience_;
  AttachmentWatch& watch_;
  Gathered gathered_;
};

/// Notes which of the files are there, and whether anything moved since the last look.
void Gathering::look_around(const std::vector<AttachmentClaim>& claims) {
  std::map<std::string, FileInfo> found;
  for (const AttachmentClaim& claim : claims) {
    if (!wire::check_attachment_name(claim.name).ok()) continue;
    if (auto info = context_.disk.info(folder_ + "/" + claim.name); info.ok()) {
      found.emplace(claim.name, std::move(*info));
    }
  }
  if (!watch_.started || found != watch_.found) {
    watch_.started = true;
    watch_.found = std::move(found);
    watch_.changed = context_.now.steady;
  }
}

/// A blob with the claimed hash, or the one of the stored message, needs no file.
bool Gathering::take_from_store(const AttachmentClaim& claim) {
  if (claim.sha256) {
    const auto state = context_.blobs.state(*claim.sha256);
    if (!state.ok() || !state->complete || !context_.blobs.has(*claim.sha256)) return false;
    if (claim.size && *claim.size != state->offset) return false;
    gathered_.attachments.push_back(attachment(claim.name, *claim.sha256, state->offset));
    return true;
  }
  if (watch_.found.count(claim.name) != 0) return false;  // the file says what is meant now
  for (const wire::Attachment& one : known_) {
    if (one.name() != claim.name || (claim.size && *claim.size != one.size())) continue;
    gathered_.attachments.push_back(one);
    return true;
  }
  return false;
}

Result<Look> Gathering::one(const AttachmentClaim& claim) {
  if (const Status name = wire::check_attachment_name(claim.name); !name.ok()) {
    return Look{Look::kNever, name.error().message};
  }
  const auto found = watch_.found.find(claim.name);
  if (take_from_store(claim)) {
    const std::uint64_t size = gathered_.attachments.back().size();
    if (found != watch_.found.end() && found->second.size == size) {
      gathered_.files.push_back(folder_ + "/" + claim.name);
    }
    return Look{};
  }
  if (found == watch_.found.end()) {
    return Look{Look::kNotYet, called(claim) +
                                   " is not in the same folder; put it there and drop "
                                   "the file again, or take the line out"};
  }
  const FileInfo& info = found->second;
  if (info.type != FileType::kRegular) {
    return Look{Look::kNever, called(claim) + " is not a regular file"};
  }
  if (info.size > wire::kMaxAttachmentBytes) {
    return Look{Look::kNever, called(claim) + " has " + std::to_string(info.size) +
                                  " bytes, over the limit of " +
                                  std::to_string(wire::kMaxAttachmentBytes)};
  }
  if (claim.size && *claim.size != info.size) {
    return Look{Look::kNotYet, called(claim) + " has " + std::to_string(info.size) +
                                   " bytes, but the task file says " + std::to_string(*claim.size)};
  }
  if (!claim.size) {
    const bool written = patience_ && context_.disk.being_written(folder_ + "/" + claim.name);
    if (written || !quiet()) {
      return Look{Look::kNotYet, called(claim) + " may still be growing", !written};
    }
  }
  return take(claim, info);
}

Result<Look> Gathering::take(const AttachmentClaim& claim, const FileInfo& info) {
  const std::string path = folder_ + "/" + claim.name;
  const auto taken = context_.blobs.take_file(path);
  if (!taken.ok()) {
    Look look{Look::kNotYet, called(claim) + ": " + taken.error().message};
    // A full disk is ours to wait for, not the sender's mistake.
    look.final_when_quiet = taken.error().code != Code::kIo;
    return look;
  }
  gathered_.bytes += info.size;
  if (claim.sha256 && *claim.sha256 != taken->sha256) {
    return Look{Look::kNotYet, called(claim) + " has sha256 " + to_hex(taken->sha256) +
                                   ", but the task file says " + to_hex(*claim.sha256)};
  }
  gathered_.attachments.push_back(attachment(claim.name, taken->sha256, taken->size));
  gathered_.files.push_back(path);
  return Look{};
}

Result<Gathered> Gathering::all(const std::vector<AttachmentClaim>& claims) {
  look_around(claims);
  const Steady now = context_.now.steady;
  const bool out_of_patience = !patience_ || now >= watch_.changed + kAttachmentPatience;
  for (const AttachmentClaim& claim : claims) {
    TRY_ASSIGN(const Look look, one(claim));
    if (look.state == Look::kTaken) continue;
    gathered_.reason = look.reason;
    const bool never = look.state == Look::kNever || (out_of_patience && look.final_when_quiet);
    gathered_.state = never ? Gathered::kRejected : Gathered::kWaiting;
    // Soon, while something may have just been written; then when patience ends; then, with a disk
    // of ours that refuses, every so often.
    gathered_.look_again = watch_.changed + (quiet() ? kAttachmentPatience : kQuiet);
    if (gathered_.look_again <= now) gathered_.look_again = now + kAttachmentPatience;
    return gathered_;
  }
  return gathered_;
}

}  // namespace

Result<Gathered> gather_attachments(Context& context, const std::string& folder,
                                    const std::vector<AttachmentClaim>& claims,
                                    const std::vector<wire::Attachment>& known, bool patience,
                                    AttachmentWatch& watch) {
  return Gathering(context, folder, known, patience, watch).all(claims);
}

}  // namespace yizhan::agent
