#pragma once
// OmegaT project folders that the agent follows (docs/omegat.md): what is translated in them goes
// into the database, what others translate comes into their tm/yizhan and glossary/yizhan. Files
// are only hints of change until they have been looked at; a rescan finds everything without hints.
// Nothing here holds up messages: a folder that fails is said once, and looked at again.

#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>

#include "agent/context.h"
#include "agent/project_place.h"
#include "agent/records.h"
#include "config/result.h"
#include "config/time.h"
#include "exchange/omegat_delivery.h"
#include "exchange/omegat_project.h"
#include "exchange/omegat_shards.h"
#include "exchange/omegat_stats.h"

namespace yizhan::agent {

class Projects {
 public:
  /// Both outlive it.
  Projects(Context& context, Records& records) : context_(context), records_(records) {}

  /// At start-up: the configured projects, and those that tasks have made.
  Status recover();

  void on_hint(const FolderHint& hint);

  /// Collects. `busy`: the synchroniser is fetching much, so pushing waits a little. Fails only if
  /// the store does.
  Status work(bool busy);
  /// After the commit: pushes what is due.
  void tidy();

  Steady next_wakeup() const;
  /// A push has just ended that somebody waits for.
  bool has_more() const;

  struct View {
    ProjectPlace place;
    std::optional<exchange::OmegatProject> layout;  ///< nothing: it is not followed just now
    std::string problem;                            ///< why
    std::optional<exchange::OmegatProgress> progress;
  };
  std::vector<View> views() const;

 private:
  enum class Part { kTop, kOmegat, kGlossary, kSource };
  struct Followed {
    ProjectPlace place;
    std::optional<exchange::OmegatProject> layout;
    std::string problem;
    bool watched = false;
    // -- to be looked at
    bool look_project = true, look_save = true, look_terms = true, look_stats = true;
    bool look_export = true, look_source = true;
    // -- as they were when they were looked at
    store::FileInfo project_file, save, terms, stats;
    std::optional<store::FileInfo> exported;
    std::map<std::string, store::FileInfo> sources;  ///< those whose content is known
    Steady source_due = Steady::max();               ///< one was being written
    std::optional<exchange::OmegatProgress> progress;
    int told_tenths = 0;
    exchange::DeliveryWatch delivery;
    std::uint64_t target_state = 0;
    // -- pushing
    exchange::PushPace pace;
    exchange::ShardState shards;
    std::int64_t pushed = -1;    ///< what had been noted when units were last pushed,
    std::int64_t reviewed = -1;  ///< and when all of them were looked at
    Steady review_due{};
    std::set<store::SliceId> slices;  ///< whose data it has
    bool more = false;
    bool terms_due = true;
    bool push_now = false;
    bool ordered = false;  ///< somebody waits for the next push
  };
  /// A push that the broker has asked for, until it is answered (agent/project_orders.h).
  struct Order {
    MessageId id;
    std::set<Followed*> waits;  ///< projects that have yet to be pushed
    std::string failure = {};
    bool elsewhere = false;  ///< the project is not on this machine, but maybe on another
    std::uint64_t units = 0;
    std::size_t files = 0;
  };

  void follow(ProjectPlace place);
  Status take_news();
  Status take_order(const wire::Message& order);
  Result<std::set<Followed*>> meant_by(const wire::Message& order);
  Status answer_orders();
  void pushed(Followed& one, const std::string& failure, std::uint64_t units, std::size_t files);
  Status look(Followed& one);
  bool look_at_project(Followed& one);
  Status make(const ProjectPlace& place);
  void watch(Followed& one);
  void fail(Followed& one, const std::string& why);
  Status collect(Followed& one);
  Status look_at_progress(Followed& one);
  Status tell_progress(Followed& one);
  Status look_at_export(Followed& one);
  Status tell_translated(Followed& one);
  Status look_at_source(Followed& one);
  Result<bool> is_under_way(const Followed& one);
  std::uint64_t state_of(const std::string& folder, int depth) const;
  Status look_at_slices(Followed& one);
  bool wants_push(const Followed& one) const;
  Result<std::size_t> push_terms(Followed& one, std::int64_t pushed);
  void push(Followed& one);

  Context& context_;
  Records& records_;
  std::deque<Followed> all_;
  std::deque<Order> orders_;
  std::map<std::string, std::pair<Followed*, Part>> watches_;
  Steady next_scan_{};
  std::int64_t noted_ = 0;  ///< the newest change in the database
  bool busy_ = false;
};

}  // namespace yizhan::agent
