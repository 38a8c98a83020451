#pragma once
// Task files on their way in: from managed and observed folders and the spool. Finds them (hints
// are only hints), waits until they are whole, claims them, has them judged, and moves them on
// after the commit. A task file is in exactly one place at any time.
//
// What is not ours is looked at once and left alone. What is wrong with one file never holds up
// another, and is never tried in a loop.

#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "agent/attachments.h"
#include "agent/context.h"
#include "agent/folder.h"
#include "agent/inbox.h"
#include "agent/judge.h"
#include "config/result.h"
#include "config/time.h"

namespace yizhan::agent {

class Intake {
 public:
  /// Both outlive it.
  Intake(Context& context, Inbox& inbox);

  /// At start-up: makes the folders, and judges what the last agent had claimed and not moved on.
  /// Fails only if the store does.
  Status recover();

  /// Names in this folder may have changed; an unknown watch is ignored.
  void on_hint(const FolderHint& hint);
  void rescan();
  void rescan(const std::string& watch) { on_hint({watch, ""}); }

  /// Looks at what waits: a bounded part of it (has_more() is true if that left something), and
  /// whatever time has come for.
  Status work();

  Steady next_wakeup() const;
  bool has_more() const;

  /// For `status`.
  struct View {
    std::string name;
    std::string path;
    FolderMode mode;
    bool usable;
    std::size_t waiting;
  };
  std::vector<View> folders() const;

 private:
  /// A task file that has been read and is being judged, or waits for its attachments.
  struct Candidate {
    Folder* folder = nullptr;
    std::string name;  ///< as dropped
    std::string path;  ///< where it lies now
    std::string origin;
    std::string beside;  ///< the folder of its attachments
    bool patience = true;
    /// What was read of it, if it cannot have changed since; else it is read again.
    std::optional<std::string> bytes = {};
    Sha256 hash = {};  ///< observed: of the bytes that were judged
    AttachmentWatch watch = {};
    Steady look_again = {};
    std::vector<std::string> wanted = {};  ///< paths of the attachments, while it waits
  };

  void scan(Folder& folder);
  bool is_settled(Folder& folder, const store::FileInfo& info) const;
  Status prepare(const Folder& folder);
  void try_to_prepare(const Folder& folder);
  void leave_alone(Folder& folder, const store::FileInfo& info, const std::string& why);

  Status look(Folder& folder, const std::string& name);
  Status look_at_file(Folder& folder, const store::FileInfo& info, const std::string& path);
  Status look_at_entry(Folder& folder, const std::string& name);
  bool is_whole(Folder& folder, const store::FileInfo& info, const std::string& path,
                const std::string& bytes);
  Status take(Folder& folder, const store::FileInfo& info, std::string bytes);

  Status consider(Candidate candidate);
  Result<Gathered> gather(Candidate& candidate, const TaskFile& file);
  void wait(Candidate candidate, const std::vector<AttachmentClaim>& claims, Steady look_again);
  Status reconsider(const std::string& path);
  Status finish(const Candidate& candidate, const Judgement& judgement,
                const std::vector<std::string>& files);
  void finish_managed(const Candidate& candidate, const Judgement& judgement,
                      const std::vector<std::string>& files);
  void finish_spooled(const Candidate& candidate, const Judgement& judgement);
  Status finish_observed(const Candidate& candidate, bool* seen_before);

  Context& context_;
  Inbox& inbox_;
  std::deque<Folder> folders_;
  std::map<std::string, Candidate> waiting_;                // by path
  std::map<std::string, std::set<std::string>> wanted_by_;  // attachment path → waiting paths
  Steady next_scan_{};
  std::uint64_t bytes_this_step_ = 0;
};

}  // namespace yizhan::agent
