#pragma once
// The server's half of the synchroniser. Changes of records come in pushes, each one transaction,
// each known for ever; what a change does is broker/merge.h's to say. Whoever may read a slice is
// told that it has news, and pulls by cursor: a lost word is repaired by the next one.

#include <cstdint>
#include <functional>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "broker/directory.h"
#include "broker/merge.h"
#include "broker/probe_link.h"
#include "broker/sessions.h"
#include "broker/slices.h"
#include "broker/step.h"
#include "config/result.h"
#include "store/history_store.h"
#include "store/sync_server_store.h"
#include "wire/session.pb.h"

namespace yizhan::broker {

/// Who writes, as revisions remember it.
struct Author {
  store::ClientId client = 0;     ///< 0: the broker itself
  std::int64_t database = 0;
  std::string user;
  std::string code;
  std::uint32_t rank = 0;
};

/// One change that took effect, or lost, for those who act on it.
struct Settled {
  std::string slice;
  wire::Record record;       ///< as it stands now
  wire::Record former;       ///< what stood before; no values if there was nothing
  wire::Change change;
  wire::Outcome outcome{};
  Conflict conflict = Conflict::kNone;
  bool change_won = false;
  Author author;
  std::uint64_t seq = 0;
};

/// Told of every settled change, inside the transaction.
class SettledListener {
 public:
  virtual ~SettledListener() = default;
  virtual bool wants(wire::RecordKind kind) const = 0;
  virtual Status on_settled(Step& step, const Settled& settled) = 0;
};

class History {
 public:
  History(store::HistoryStore& records, store::SyncServerStore& store, Sessions& sessions,
          Directory& directory, const LinkKey& key)
      : records_(records),
        store_(store),
        slices_(store),
        sessions_(sessions),
        directory_(directory),
        key_(key) {}

  /// Reads what there is and begins an epoch, in a transaction of the caller.
  Status recover(Now now);
  void listen(SettledListener* listener) { listener_ = listener; }

  Status on_hello(Step& step, Session& session, const wire::SyncHello& hello);
  Status on_push(Step& step, const Session& session, wire::SyncPush& push);
  Status on_pull(Step& step, const Session& session, const wire::SyncPull& pull);

  /// A change by the broker itself: of a rule, or of a message that passed through.
  Result<wire::Outcome> write(Step& step, const std::string& slice, wire::Change change,
                              const Author& author);

  /// The record that `id` means now: also one that has moved to the id of a newer key version.
  Result<std::optional<store::StoredRecord>> find(wire::RecordKind kind, std::string_view id);
  /// Moves a live record to the id that wire::kKeyVersion gives it, if it has another one. What it
  /// was stays as a deletion, so that every agent learns of both; if somebody has already written
  /// under the new id, the two are merged like two people's entries. True if it moved.
  Result<bool> rekey(Step& step, const store::StoredRecord& row);

  /// Tells the sessions of clients that `whose` holds for what they may do now.
  Status on_rights(Step& step, const std::function<bool(const store::Client&)>& whose);
  /// Tells those who read one of `slices` how things stand.
  Status tell_followers(Step& step, const std::set<std::string>& slices);
  /// Tells followers of what this step changed.
  Status announce(Step& step);

  Slices& slices() { return slices_; }
  store::HistoryStore& records() { return records_; }
  store::SyncServerStore& store() { return store_; }

 private:
  using One = wire::SyncResult::One;
  Result<wire::SyncState> state_for(const store::Client& client);
  Status send_state(Step& step, Session& session, wire::SyncState state);
  Status repeat(const wire::SyncPush& push, wire::SyncResult* result);
  void answer(Step& step, const Session& session, wire::FromBroker& frame);
  Result<bool> has_forgotten(const wire::Seen& seen);
  Result<const store::Slice*> make_slice(Step& step, const std::string& name);
  void note_changed(const std::string& slice, std::uint64_t seq);
  Status apply(Step& step, const store::Slice& slice, wire::Change& change, const Author& author,
               std::uint64_t seq, bool restore, One* answer);
  Status apply_older(Step& step, const store::Slice& slice, wire::Change& change,
                     const std::string& old_id, const Author& author, std::uint64_t seq,
                     One* answer);
  Status judge(Step& step, const store::Slice& slice, wire::Change& change, const Author& author,
               std::uint64_t seq, One* answer);
  bool is_listened_to(wire::RecordKind kind, const Merge& merged) const;
  Result<bool> is_echo(const wire::Record& current, const wire::Change& change);
  Result<std::uint32_t> changed_since(const store::StoredRecord& current,
                                      const wire::Change& change, const Author& author);
  Status keep_revisions(Step& step, const store::Slice& slice,
                        const std::optional<store::StoredRecord>& former,
                        const wire::Change& change, const Merge& merged, const Author& author,
                        std::uint64_t seq, bool* kept);
  Status restore(Step& step, const store::Slice& slice, const wire::Change& change,
                 const Author& author, std::uint64_t seq, One* answer);

  store::HistoryStore& records_;
  store::SyncServerStore& store_;
  Slices slices_;
  Sessions& sessions_;
  Directory& directory_;
  const LinkKey key_;  // by which what it told is known again (seen_proof.h)
  SettledListener* listener_ = nullptr;
  std::string epoch_;
  std::map<std::string, std::set<PeerId>> followers_;  ///< by slice; may name ended sessions
  std::map<std::string, std::uint64_t> changed_;       ///< in this step: slice and its new head
  std::map<std::string, std::map<PeerId, store::Access>> told_new_;  ///< in this step: who may
};

}  // namespace yizhan::broker
