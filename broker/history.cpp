#include "broker/history.h"

#include <algorithm>
#include <utility>

#include "store/migrate.h"
#include "wire/history.h"
#include "wire/limits.h"
#include "wire/roles.h"

namespace yizhan::broker {
namespace {

std::string head_of_reason(const Status& status) { return status.error().message; }

wire::Revision revision_of(const wire::Record& record, std::uint64_t rev, std::uint64_t seq,
                           wire::Outcome outcome) {
  wire::Revision revision;
  revision.set_record(record.id());
  revision.set_kind(record.kind());
  revision.set_rev(rev);
  revision.set_seq(seq);
  revision.set_outcome(outcome);
  revision.set_rank(record.rank());
  revision.set_deleted(record.deleted());
  *revision.mutable_values() = record.values();
  return revision;
}

/// Statuses that this writer may not give are brought down to what he may. True if one was.
bool lower_status(wire::Record* record, std::uint32_t rank) {
  if (record->kind() == wire::UNIT && rank < wire::kRankReviser &&
      wire::is_approved(wire::value(*record, wire::unit::kStatus))) {
    wire::set_value(record, wire::unit::kStatus, "translated");
    return true;
  }
  if (record->kind() == wire::TERM && rank < wire::rank_of_role("terminologist") &&
      wire::is_approved(wire::value(*record, wire::term::kStatus))) {
    wire::set_value(record, wire::term::kStatus, "proposed");
    return true;
  }
  return false;
}

const std::string& changer_of(const wire::Record& record) {
  static const std::string kNone;
  if (record.kind() == wire::UNIT) return wire::value(record, wire::unit::kChanger);
  if (record.kind() == wire::TERM) return wire::value(record, wire::term::kChanger);
  return kNone;
}

bool stamp_changer(wire::Record* record, const std::string& user) {
  const int field = record->kind() == wire::UNIT   ? static_cast<int>(wire::unit::kChanger)
                    : record->kind() == wire::TERM ? static_cast<int>(wire::term::kChanger)
                                                   : -1;
  if (field < 0 || !wire::value(*record, field).empty() || user.empty()) return false;
  wire::set_value(record, field, user);
  return true;
}

}  // namespace

namespace {

/// In as many frames as the records in it need.
void send_result(Step& step, const Session& session, wire::FromBroker& frame) {
  wire::SyncResult* all = frame.mutable_sync_result();
  if (all->ByteSizeLong() <= wire::kPageBytes) return step.send_last(session.peer, frame);
  wire::FromBroker part;
  std::size_t bytes = 0;
  for (int i = 0; i < all->results_size(); ++i) {
    wire::SyncResult* result = part.mutable_sync_result();
    bytes += all->results(i).ByteSizeLong();
    *result->add_results() = std::move(*all->mutable_results(i));
    const bool last = i + 1 == all->results_size();
    if (!last && bytes < wire::kPageBytes) continue;
    result->set_id(all->id());
    result->set_first(static_cast<std::uint32_t>(i + 1 - result->results_size()));
    result->set_more(!last);
    step.send_last(session.peer, part);
    part.Clear();
    bytes = 0;
  }
}

}  // namespace

Status History::recover(Now now) {
  TRY(slices_.load());
  // Unlike any other epoch of this or another server: made of when, and of what there was.
  TRY_ASSIGN(const std::uint64_t last, store_.last_number());
  TRY_ASSIGN(const std::int64_t epochs, store_.epochs());
  const std::string seed = std::to_string(to_micros(now.wall)) + "/" + std::to_string(last) + "/" +
                           std::to_string(epochs);
  epoch_ = std::string(sha256_of(seed).view().substr(0, store::EpochId::kSize));
  return store_.begin_epoch(*store::EpochId::from(epoch_), to_micros(now.wall));
}

Result<wire::SyncState> History::state_for(const store::Client& client) {
  wire::SyncState state;
  state.set_epoch(epoch_);
  state.set_rank(wire::rank_of(client.roles));
  for (const auto& [name, slice] : slices_.all()) {
    const store::Access access = slices_.access(client, name);
    if (access == store::Access::kNone) continue;
    wire::SyncState::Slice* one = state.add_slices();
    one->set_name(name);
    one->set_head(slice.head);
    one->set_access(static_cast<wire::SyncState::Access>(access));
  }
  for (const std::string& path : slices_.writable_paths(client)) state.add_writable_paths(path);
  return state;
}

Status History::send_state(Step& step, const Session& session, wire::SyncState state) {
  for (const wire::SyncState::Slice& slice : state.slices()) {
    followers_[slice.name()].insert(session.peer);
    note_head(session.peer, slice.head());
  }
  wire::FromBroker frame;
  *frame.mutable_sync_state() = std::move(state);
  step.send(session.peer, frame);
  return {};
}

void History::note_head(const PeerId& peer, std::uint64_t head) {
  Session* session = sessions_.by_peer(peer);
  if (session != nullptr) session->history_head = std::max(session->history_head, head);
}

Status History::on_hello(Step& step, Session& session, const wire::SyncHello& hello) {
  const auto id = store::DatabaseId::from(hello.database());
  if (!id) return {};
  TRY_ASSIGN(const store::Client* client, directory_.client(session.client));
  TRY_ASSIGN(wire::SyncState state, state_for(*client));
  TRY_ASSIGN(auto known, store_.database(*id));
  if (!known) {
    known = store::ClientDatabase{0, *id, session.client, hello.pushes()};
    TRY_ASSIGN(known->n, store_.insert_database(*known, step.wall_us()));
  } else if (known->client != session.client || known->pushes > hello.pushes()) {
    // A copy of another machine's database, or a backup of this one's: it goes on as a new one, so
    // that it is sent what its other self wrote since.
    state.set_new_database(true);
    step.log(LogLine::kWarning,
             "the history of client " + client->code + " is an old copy (it has had " +
                 std::to_string(hello.pushes()) + " pushes answered, the server knows of " +
                 std::to_string(known->pushes) + "): it synchronises as a new database");
  }
  TRY_ASSIGN(const std::uint64_t agreed, store_.agreed(hello.epoch(), hello.seq()));
  state.set_agreed_seq(agreed);
  if (agreed < hello.seq()) {
    step.log(LogLine::kWarning, "client " + client->code + " has seen change " +
                                    std::to_string(hello.seq()) + ", this server knows them to " +
                                    std::to_string(agreed) +
                                    ": it was restored from a backup; the client sends again "
                                    "what is missing");
  }
  session.database = state.new_database() ? 0 : known->n;
  return send_state(step, session, std::move(state));
}

Status History::on_rights(Step& step) {
  for (const auto& [peer, session] : sessions_.all()) {
    if (session.database == 0) continue;
    TRY_ASSIGN(const store::Client* client, directory_.client(session.client));
    TRY_ASSIGN(wire::SyncState state, state_for(*client));
    state.set_agreed_seq(UINT64_MAX);  // nothing new about that
    TRY(send_state(step, session, std::move(state)));
  }
  return {};
}

Status History::on_push(Step& step, const Session& session, wire::SyncPush& push) {
  wire::FromBroker frame;
  wire::SyncResult* result = frame.mutable_sync_result();
  result->set_id(push.id());
  const auto id = store::PushId::from(push.id());
  if (!id || session.database == 0) {
    frame.mutable_no_session();  // it has to say SyncHello first
    step.send(session.peer, frame);
    return {};
  }
  TRY_ASSIGN(const store::Client* client, directory_.client(session.client));
  TRY_ASSIGN(const bool known, store_.is_known(*id));
  if (known) {
    TRY(repeat(push, result));
    send_result(step, session, frame);
    return {};
  }
  if (const Status valid = wire::check_slice(push.slice()); !valid.ok()) {
    result->set_refused(head_of_reason(valid));
  } else if (slices_.access(*client, push.slice()) != store::Access::kWrite) {
    result->set_refused("you may not write " + push.slice() +
                        "; an operator can allow it: yizhan slices allow " + push.slice() +
                        " user:" + client->user + " write");
  } else if (push.changes_size() > static_cast<int>(wire::kPushChanges)) {
    result->set_refused("a push of more than " + std::to_string(wire::kPushChanges) + " changes");
  }
  if (result->refused().empty()) {
    const bool is_new = slices_.find(push.slice()) == nullptr;
    TRY_ASSIGN(const store::Slice* slice, slices_.make(push.slice(), step.wall_us()));
    TRY_ASSIGN(std::uint64_t seq, store_.take_numbers(std::max(push.changes_size(), 1)));
    const Author author{client->id, session.database, client->user, client->code,
                        wire::rank_of(client->roles)};
    for (wire::Change& change : *push.mutable_changes()) {
      TRY(apply(step, *slice, change, author, seq++, push.restore(), result->add_results()));
    }
    TRY(store_.remember(*id, step.wall_us()));
    TRY(store_.count_push(session.database, step.wall_us()));
    if (is_new) TRY(on_rights(step));
  }
  send_result(step, session, frame);
  return {};
}

/// What was taken before is answered by how things stand.
Status History::repeat(const wire::SyncPush& push, wire::SyncResult* result) {
  for (const wire::Change& change : push.changes()) {
    One* answer = result->add_results();
    answer->set_outcome(wire::DUPLICATE);
    const wire::RecordKind kind = change.record().kind();
    if (kind < 1 || kind > wire::kRecordKinds) continue;
    TRY_ASSIGN(auto current, records_.find(kind, change.record().id()));
    if (!current || current->damaged) continue;
    answer->set_rev(current->record.rev());
    answer->set_seq(current->record.seq());
    *answer->mutable_current() = std::move(current->record);
  }
  return {};
}

Result<std::uint32_t> History::changed_since(const store::StoredRecord& current,
                                             const wire::Change& change, const Author& author) {
  if (change.base_rev() == current.record.rev()) return std::uint32_t{0};
  TRY_ASSIGN(const std::uint32_t groups,
             records_.groups_since(change.record().id(), change.base_rev(), author.code));
  // A record that was never changed has no revisions; its first text counts against a newcomer.
  if (groups == 0 && change.base_rev() == 0 && current.record.rev() == 1 &&
      current.writer != author.database) {
    return wire::kAllGroups;
  }
  return groups;
}

Status History::apply(Step& step, const store::Slice& slice, wire::Change& change,
                      const Author& author, std::uint64_t seq, bool restoring, One* answer) {
  wire::Record& record = *change.mutable_record();
  const auto refuse = [&](std::string reason) {
    answer->set_outcome(wire::REFUSED);
    answer->set_reason(std::move(reason));
    return Status();
  };
  if (const Status valid = wire::check_record(record); !valid.ok()) {
    return refuse(head_of_reason(valid));
  }
  const bool keyed = record.kind() != wire::ITEM && record.kind() != wire::OPERATION;
  if (keyed) {
    const std::string id = record.id();
    wire::set_record_id(&record, slice.name);
    if (record.id() != id) return refuse("its id is not that of what it is about");
  } else if (author.client != 0 && !restoring) {
    return refuse("collaboration and operations are written by sending messages");
  }
  if (restoring) return restore(step, slice, change, author, seq, answer);

  Author writer = author;
  if (change.rank() != 0) writer.rank = std::min(writer.rank, change.rank());
  const bool lowered = lower_status(&record, writer.rank);
  const bool stamped =
      stamp_changer(&record, change.user().empty() ? author.user : change.user());
  const bool altered = lowered || stamped;
  TRY_ASSIGN(auto current, records_.find(record.kind(), record.id()));
  if (current && current->slice != slice.id) return refuse("it belongs to another slice");
  if (current && current->damaged) return refuse("the server's row of it is damaged");
  std::optional<wire::Record> before;
  std::uint32_t since = 0;
  if (current) {
    before = current->record;
    TRY_ASSIGN(since, changed_since(*current, change, author));
  }
  Merge merged = merge(before, since, change, {writer.rank});
  bool kept = false;
  TRY(keep_revisions(step, slice, current, change, merged, writer, seq, &kept));
  if (merged.record) {
    store::StoredRecord row;
    row.record = std::move(*merged.record);
    row.record.set_seq(seq);
    row.slice = slice.id;
    // Only what is just as the writer has it need not be sent back to him.
    row.writer = merged.outcome == wire::APPLIED ? author.database : 0;
    if (current) {
      TRY(records_.update(row));
    } else {
      const Result<std::int64_t> n = records_.insert(row);
      if (!n.ok()) return n.error();
    }
    merged.record = std::move(row.record);
    kept = true;
  }
  if (kept) changed_[slice.name] = seq;
  const wire::Record* stands = merged.record ? &*merged.record : before ? &*before : nullptr;
  answer->set_outcome(merged.outcome);
  answer->set_reason(merged.why);
  if (stands != nullptr) {
    answer->set_rev(stands->rev());
    answer->set_seq(stands->seq());
    answer->set_rank(stands->rank());
    if (merged.outcome != wire::APPLIED || altered) *answer->mutable_current() = *stands;
  }
  if (listener_ == nullptr || stands == nullptr || merged.outcome == wire::REFUSED) return {};
  if (merged.conflict == Conflict::kNone && !listener_->wants(record.kind())) return {};
  Settled settled;
  settled.slice = slice.name;
  settled.record = *stands;
  if (before) settled.former = *before;
  settled.change = change;
  settled.outcome = merged.outcome;
  settled.conflict = merged.conflict;
  settled.change_won = merged.change_won;
  settled.author = writer;
  settled.seq = seq;
  return listener_->on_settled(step, settled);
}

/// The past of a record that changes, and what lost. A record that nobody has changed has none: the
/// row itself is its first revision.
Status History::keep_revisions(Step& step, const store::Slice& slice,
                               const std::optional<store::StoredRecord>& former,
                               const wire::Change& change, const Merge& merged,
                               const Author& author, std::uint64_t seq, bool* kept) {
  if (!former || merged.outcome == wire::REFUSED) return {};
  const auto keep = [&](wire::Revision revision, std::uint32_t groups) {
    *kept = true;
    return records_.add_revision(slice.id, revision, groups);
  };
  const auto by_author = [&](wire::Revision revision) {
    revision.set_user(author.user);
    revision.set_code(author.code);
    revision.set_rank(author.rank);
    // A clock that is ahead is not believed; both times are kept.
    revision.set_at_us(change.at_us());
    revision.set_stored_us(step.wall_us());
    return revision;
  };
  const auto of_former = [&](wire::Outcome outcome) {
    wire::Revision revision = revision_of(former->record, former->record.rev(), seq, outcome);
    revision.set_user(changer_of(former->record));
    revision.set_stored_us(step.wall_us());
    return revision;
  };
  if (merged.record) {
    if (former->record.rev() == 1) TRY(keep(of_former(wire::APPLIED), wire::kAllGroups));
    if (merged.former_superseded) TRY(keep(of_former(wire::SUPERSEDED), 0));
    TRY(keep(by_author(revision_of(*merged.record, merged.record->rev(), seq, merged.outcome ==
                                           wire::MERGED ? wire::MERGED : wire::APPLIED)),
             merged.groups));
  }
  const bool lost = merged.outcome == wire::SUPERSEDED || merged.outcome == wire::PROPOSED;
  // That two people entered the same is worth a line; that one did so twice is not.
  const bool provenance = merged.outcome == wire::DUPLICATE && change.base_rev() == 0 &&
                          former->writer != author.database && !change.record().deleted();
  if (provenance) {
    TRY_ASSIGN(const bool known, records_.has_revision(change.record().id(), former->record.rev(),
                                                       author.code, wire::DUPLICATE));
    if (known) return {};
  }
  if (lost || provenance) {
    TRY(keep(by_author(revision_of(change.record(), former->record.rev(), seq, merged.outcome)),
             0));
  }
  return {};
}

/// What a restored server may have lost comes back from whoever has it. A record that is there, or
/// was changed since, keeps its state; the other text is kept beside it.
Status History::restore(Step& step, const store::Slice& slice, const wire::Change& change,
                        const Author& author, std::uint64_t seq, One* answer) {
  const wire::Record& record = change.record();
  TRY_ASSIGN(auto current, records_.find(record.kind(), record.id()));
  const bool newer = current && !current->damaged && current->slice == slice.id &&
                     current->record.rev() < record.rev();
  if (!current || newer) {
    store::StoredRecord row;
    row.record = record;
    row.record.set_seq(seq);
    row.record.set_rev(std::max<std::uint64_t>(record.rev(), 1));
    row.slice = slice.id;
    if (current) {
      TRY(records_.update(row));
    } else {
      const Result<std::int64_t> n = records_.insert(row);
      if (!n.ok()) return n.error();
    }
    changed_[slice.name] = seq;
    answer->set_outcome(wire::APPLIED);
    answer->set_rev(row.record.rev());
    answer->set_seq(seq);
    answer->set_rank(row.record.rank());
    return {};
  }
  const bool same = std::equal(record.values().begin(), record.values().end(),
                               current->record.values().begin(), current->record.values().end()) &&
                    record.deleted() == current->record.deleted();
  answer->set_outcome(same ? wire::DUPLICATE : wire::SUPERSEDED);
  answer->set_rev(current->record.rev());
  answer->set_seq(current->record.seq());
  *answer->mutable_current() = current->record;
  if (same || current->slice != slice.id) return {};
  wire::Revision revision = revision_of(record, current->record.rev(), seq, wire::SUPERSEDED);
  revision.set_user(changer_of(record));
  revision.set_code(author.code);
  revision.set_at_us(change.at_us());
  revision.set_stored_us(step.wall_us());
  changed_[slice.name] = seq;
  return records_.add_revision(slice.id, revision, 0);
}

Result<wire::Outcome> History::write(Step& step, const std::string& slice_name,
                                     wire::Change change, const Author& author) {
  const bool is_new = slices_.find(slice_name) == nullptr;
  TRY_ASSIGN(const store::Slice* slice, slices_.make(slice_name, step.wall_us()));
  TRY_ASSIGN(const std::uint64_t seq, store_.take_numbers(1));
  One answer;
  TRY(apply(step, *slice, change, author, seq, false, &answer));
  if (is_new) TRY(on_rights(step));
  return answer.outcome();
}

Status History::on_pull(Step& step, const Session& session, const wire::SyncPull& pull) {
  if (session.database == 0) return {};
  TRY_ASSIGN(const store::Client* client, directory_.client(session.client));
  const store::Slice* slice = slices_.find(pull.slice());
  std::uint64_t after = pull.after();
  const std::uint32_t pages = std::clamp(pull.pages(), 1U, wire::kMaxPullPages);
  for (std::uint32_t i = 0; i < pages; ++i) {
    wire::FromBroker frame;
    wire::SyncPage* page = frame.mutable_sync_page();
    page->set_slice(pull.slice());
    page->set_after(after);
    if (slice == nullptr || slices_.access(*client, pull.slice()) == store::Access::kNone) {
      page->set_refused("you may not read " + pull.slice());
      page->set_last(true);
      step.send(session.peer, frame);
      return {};
    }
    TRY_ASSIGN(store::HistoryStore::Page found,
               records_.page(slice->id, after, session.database));
    if (found.damaged > 0) {
      step.log(LogLine::kWarning, std::to_string(found.damaged) + " damaged rows of slice " +
                                      pull.slice() + " are not sent: restore them from a backup");
    }
    after = found.complete ? std::max(slice->head, found.to) : found.to;
    page->set_to(after);
    page->set_head(slice->head);
    page->set_last(found.complete || i + 1 == pages);
    for (wire::Record& record : found.records) *page->add_records() = std::move(record);
    for (wire::Revision& one : found.revisions) *page->add_revisions() = std::move(one);
    step.send(session.peer, frame);
    if (found.complete) return {};
  }
  return {};
}

Status History::announce(Step& step) {
  for (const auto& [name, head] : changed_) {
    TRY(slices_.set_head(name, head));
    auto& peers = followers_[name];
    for (auto peer = peers.begin(); peer != peers.end();) {
      const Session* session = sessions_.by_peer(*peer);
      if (session == nullptr || session->database == 0) {
        peer = peers.erase(peer);
        continue;
      }
      wire::FromBroker frame;
      frame.mutable_sync_changed()->set_slice(name);
      frame.mutable_sync_changed()->set_head(head);
      step.send(*peer, frame);
      note_head(*peer, head);
      ++peer;
    }
  }
  changed_.clear();
  return {};
}

}  // namespace yizhan::broker
