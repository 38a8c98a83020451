#pragma once
// Probe links over HTTP: what a person sees behind one, and what a button does. GET never
// activates: mail scanners and previews fetch links too. That something fetched it is written down;
// a POST with the nonce of the page activates, and is on disk before the page answers.

#include <optional>
#include <string>
#include <string_view>

#include "broker/directory.h"
#include "broker/http.h"
#include "broker/instructions.h"
#include "broker/language.h"
#include "broker/pages.h"
#include "broker/probe_link.h"
#include "broker/step.h"
#include "config/result.h"
#include "store/probe_store.h"
#include "store/server_store.h"

namespace yizhan::broker {

class Links {
 public:
  /// The referenced objects outlive this. `public_url` is what links begin with.
  Links(store::ServerStore& store, store::ProbeStore& probes, Directory& directory,
        Instructions& instructions, const LinkKey& key, std::string public_url)
      : store_(store),
        probes_(probes),
        directory_(directory),
        instructions_(instructions),
        key_(key),
        public_url_(std::move(public_url)) {}

  std::string link(store::ProbeId probe, store::ClientId client) const;

  /// Answers `request` with one HttpResponse, after the step's commit.
  Status on_request(Step& step, const HttpRequest& request);

 private:
  /// What a link stands for.
  struct Found;

  Result<HttpResponse> answer(Step& step, const HttpRequest& request);
  Result<std::optional<Found>> find(std::string_view token);
  Result<HttpResponse> show(Step& step, const HttpRequest& request, Found& found,
                            std::string_view token, Language language);
  Result<HttpResponse> press(Step& step, const HttpRequest& request, Found& found,
                             std::string_view token, Language language);
  Status activate(Step& step, const HttpRequest& request, Found& found, const std::string& state);
  ProbePage page_of(const Found& found) const;

  store::ServerStore& store_;
  store::ProbeStore& probes_;
  Directory& directory_;
  Instructions& instructions_;
  const LinkKey key_;
  const std::string public_url_;
};

}  // namespace yizhan::broker
