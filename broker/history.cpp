#include "broker/history.h"

#include <algorithm>
#include <utility>

#include "broker/seen_proof.h"
#include "store/migrate.h"
#include "wire/history.h"
#include "wire/limits.h"
#include "wire/roles.h"

namespace yizhan::broker {
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
    if (last) result->set_proof(all->proof());
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
    one->set_purged(slice.purged);
    one->set_access(static_cast<wire::SyncState::Access>(access));
  }
  for (const std::string& path : slices_.writable_paths(client)) state.add_writable_paths(path);
  return state;
}

Status History::send_state(Step& step, Session& session, wire::SyncState state) {
  for (const wire::SyncState::Slice& slice : state.slices()) {
    followers_[slice.name()].insert(session.peer);
  }
  state.set_number(session.history_hello);
  ++session.history_told;
  wire::FromBroker frame;
  *frame.mutable_sync_state() = std::move(state);
  step.send(session.peer, frame);
  return {};
}

Status History::on_hello(Step& step, Session& session, const wire::SyncHello& hello) {
  const auto id = store::DatabaseId::from(hello.database());
  if (!id) return {};
  // One that comes again, or late, is not how the database stands now.
  if (hello.number() != 0 && hello.number() <= session.history_hello) return {};
  session.history_hello = hello.number();
  session.history_told = 0;
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
    step.log(LogLine::kWarning, "the history of client " + client->code +
                                    " is an old copy (its last change is number " +
                                    std::to_string(hello.pushes()) +
                                    ", the server has had number " + std::to_string(known->pushes) +
                                    "): it synchronises as a new database");
  }
  TRY_ASSIGN(const std::uint64_t agreed, store_.agreed(hello.epoch(), hello.seq()));
  state.set_agreed_seq(agreed);
  state.set_proof(prove_seen(key_, epoch_, agreed));
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

Status History::on_rights(Step& step,
                          const std::function<bool(const store::Client&)>& whose) {
  for (const auto& [peer, session] : sessions_.all()) {
    if (session.database == 0) continue;
    TRY_ASSIGN(const store::Client* client, directory_.client(session.client));
    if (!whose(*client)) continue;
    for (auto& [name, peers] : followers_) peers.erase(peer);  // who lost a right hears no more
    TRY_ASSIGN(wire::SyncState state, state_for(*client));
    state.set_agreed_seq(UINT64_MAX);  // nothing new about that
    TRY(send_state(step, *sessions_.by_peer(peer), std::move(state)));
  }
  return {};
}

Status History::tell_followers(Step& step, const std::set<std::string>& slices) {
  return on_rights(step, [&](const store::Client& client) {
    return std::any_of(slices.begin(), slices.end(), [&](const std::string& name) {
      return slices_.access(client, name) != store::Access::kNone;
    });
  });
}

/// Of a new slice only those hear that may read it, and no more than its name: a state names all of
/// an agent's slices, and there may be thousands of both.
Result<const store::Slice*> History::make_slice(Step& step, const std::string& name) {
  if (const store::Slice* known = slices_.find(name)) return known;
  TRY_ASSIGN(const store::Slice* slice, slices_.make(name, step.wall_us()));
  std::map<PeerId, store::Access>& told = told_new_[name];
  for (const auto& [peer, session] : sessions_.all()) {
    if (session.database == 0) continue;
    TRY_ASSIGN(const store::Client* client, directory_.client(session.client));
    const store::Access access = slices_.access(*client, name);
    if (access != store::Access::kNone) told[peer] = access;
  }
  return slice;
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
    answer(step, session, frame);
    return {};
  }
  if (const Status valid = wire::check_slice(push.slice()); !valid.ok()) {
    result->set_refused(valid.error().message);
  } else if (slices_.access(*client, push.slice()) != store::Access::kWrite) {
    result->set_refused("you may not write " + push.slice() +
                        "; an operator can allow it: yizhan slices allow " + push.slice() +
                        " user:" + client->user + " write");
  } else if (push.changes_size() > static_cast<int>(wire::kPushChanges)) {
    result->set_refused("a push of more than " + std::to_string(wire::kPushChanges) + " changes");
  }
  if (result->refused().empty()) {
    TRY_ASSIGN(const store::Slice* slice, make_slice(step, push.slice()));
    TRY_ASSIGN(std::uint64_t seq, store_.take_numbers(std::max(push.changes_size(), 1)));
    const Author author{client->id, session.database, client->user, client->code,
                        wire::rank_of(client->roles)};
    TRY_ASSIGN(const bool restoring, has_forgotten(push.lost()));
    for (wire::Change& change : *push.mutable_changes()) {
      TRY(apply(step, *slice, change, author, seq++, restoring, result->add_results()));
    }
    TRY(store_.remember(*id, step.wall_us()));
    TRY(store_.note_push(session.database, push.number(), step.wall_us()));
  }
  answer(step, session, frame);
  return {};
}

void History::answer(Step& step, const Session& session, wire::FromBroker& frame) {
  wire::SyncResult* result = frame.mutable_sync_result();
  std::uint64_t highest = 0;
  for (const One& one : result->results()) highest = std::max<std::uint64_t>(highest, one.seq());
  if (highest > 0) result->set_proof(prove_seen(key_, epoch_, highest));
  send_result(step, session, frame);
}

/// Whether this server was restored from a copy that was made before it told somebody of `seen`. Of
/// a push that restores nothing it is empty.
Result<bool> History::has_forgotten(const wire::Seen& seen) {
  if (seen.proof().empty()) return false;
  if (!is_seen(key_, seen.epoch(), seen.seq(), seen.proof())) return false;
  TRY_ASSIGN(const std::uint64_t agreed, store_.agreed(seen.epoch(), seen.seq()));
  return agreed < seen.seq();
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

Result<wire::Outcome> History::write(Step& step, const std::string& slice_name,
                                     wire::Change change, const Author& author) {
  TRY_ASSIGN(const store::Slice* slice, make_slice(step, slice_name));
  TRY_ASSIGN(const std::uint64_t seq, store_.take_numbers(1));
  One answer;
  TRY(apply(step, *slice, change, author, seq, false, &answer));
  return answer.outcome();
}

Status History::on_pull(Step& step, const Session& session, const wire::SyncPull& pull) {
  if (session.database == 0) return {};
  TRY_ASSIGN(const store::Client* client, directory_.client(session.client));
  const store::Slice* slice = slices_.find(pull.slice());
  std::uint64_t after = pull.after();
  const std::uint32_t pages = std::clamp(pull.pages(), 1U, wire::kMaxPullPages);
  // Whoever asks for what lies behind a number of his own making gets no proof that it exists.
  TRY_ASSIGN(const std::uint64_t last, store_.last_number());
  const bool genuine = pull.after() <= last;
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
    if (genuine) page->set_proof(prove_seen(key_, epoch_, after));
    page->set_last(found.complete || i + 1 == pages);
    for (wire::Record& record : found.records) *page->add_records() = std::move(record);
    for (wire::Revision& one : found.revisions) *page->add_revisions() = std::move(one);
    step.send(session.peer, frame);
    if (found.complete) return {};
  }
  return {};
}

void History::note_changed(const std::string& slice, std::uint64_t seq) {
  std::uint64_t& head = changed_[slice];
  head = std::max(head, seq);
}

Status History::announce(Step& step) {
  for (const auto& [name, head] : changed_) TRY(slices_.set_head(name, head));
  const auto tell = [&](const PeerId& peer, const std::string& name, store::Access access) {
    Session* session = sessions_.by_peer(peer);
    if (session == nullptr || session->database == 0) return false;
    wire::FromBroker frame;
    wire::SyncChanged* changed = frame.mutable_sync_changed();
    changed->set_slice(name);
    changed->set_head(slices_.find(name)->head);
    changed->set_access(static_cast<wire::SyncState::Access>(access));
    changed->set_number(session->history_hello);
    ++session->history_told;
    step.send(peer, frame);
    return true;
  };
  for (const auto& [name, head] : changed_) {
    const auto is_new = told_new_.find(name);
    std::erase_if(followers_[name], [&, &slice = name](const PeerId& peer) {
      const bool twice = is_new != told_new_.end() && is_new->second.contains(peer);
      return !twice && !tell(peer, slice, store::Access::kNone);
    });
  }
  for (const auto& [name, peers] : told_new_) {
    for (const auto& [peer, access] : peers) {
      if (tell(peer, name, access)) followers_[name].insert(peer);
    }
  }
  changed_.clear();
  told_new_.clear();
  return {};
}

}  // namespace yizhan::broker
