// Probe links: who may activate, and what never does.

#include <catch2/catch.hpp>
#include <regex>
#include <string>

#include "tests/broker/world.h"

namespace yizhan::broker {
namespace {

using namespace std::chrono_literals;
using Json = nlohmann::json;

const std::string kRules = R"(
[data-state ask]
when.kind = task
do.1 = probe recipient=user:li preset=offer template=offer
[preset offer]
for.kind = command
expect = accepted
duration = 2h
on_expire.1 = notify recipient=role:pm text=over
on_activate.1 = set_flag flag=taken
[activation accepted-by-link]
when.activation.via = link
when.state = accepted
do.1 = set_state state=accepted
[template offer]
subject.en = An offer
text.en = Please answer: ${probe.link}
subject.zh = 邀请
text.zh = 请答复：${probe.link}
)";

struct Fleet {
  explicit Fleet() : world(kRules) {
    world.options().public_url = "https://relay.example.com";
    world.restart();
    pm = world.connected("pm", 1);
    li = world.connected("li", 2);
    task = World::message("user:li", 1);
    World::set_field(&task, "project", "id", "P-<1>");
    world.push(pm, task);
    for (const auto& one : world.delivered(li)) {
      wire::Body body;
      REQUIRE(body.ParseFromString(one.message().body()));
      if (const std::string* text = wire::find_entry(body, "receipt", "text")) {
        const std::size_t at = text->find("/p/");
        REQUIRE(at != std::string::npos);
        target = text->substr(at);
      }
    }
    REQUIRE(!target.empty());
  }
  std::string nonce() {
    const HttpResponse page = world.request("GET", target);
    std::smatch found;
    REQUIRE(std::regex_search(page.body, found, std::regex("name=\"nonce\" value=\"([^\"]+)\"")));
    return found[1];
  }
  HttpResponse press(const std::string& state, const std::string& with) {
    return world.request("POST", target, "state=" + state + "&nonce=" + with + "&confirm=1");
  }
  Json probe() {
    const Json list = world.told("probes.list")["probes"];
    REQUIRE(list.size() == 1);
    return world.told("probes.show", {{"probe", list[0]["probe"]}});
  }

  World world;
  TestAgent pm, li;
  wire::Message task;
  std::string target;
};

}  // namespace

TEST_CASE("looking at a link activates nothing, however it is looked at") {
  Fleet fleet;
  CHECK(fleet.world.request("GET", fleet.target).status == 200);
  CHECK(fleet.world.request("HEAD", fleet.target).status == 200);
  CHECK(fleet.world.request("GET", fleet.target, "", true).status == 200);
  const std::string nonce = fleet.nonce();
  // A browser that posts ahead of its person is treated as one that looks.
  fleet.world.request("POST", fleet.target, "state=accepted&nonce=" + nonce + "&confirm=1", true);
  const Json probe = fleet.probe();
  CHECK(probe["state"] == "waiting");
  REQUIRE(probe["activations"].size() == 1);
  CHECK(probe["activations"][0]["state"] == "fetched");
  CHECK(probe["activations"][0]["machine"] == "a browser");
}

TEST_CASE("a button activates, and is on disk before the page answers") {
  Fleet fleet;
  const std::string nonce = fleet.nonce();
  const HttpResponse thanks = fleet.press("accepted", nonce);
  CHECK(thanks.status == 200);
  const Json probe = fleet.probe();
  CHECK(probe["state"] == "activated");
  const Json& activation = probe["activations"].back();
  CHECK(activation["state"] == "accepted");
  CHECK(activation["via"] == "link");
  CHECK(activation["user"] == "li");
  CHECK(activation["code"] == fleet.li.code());
  CHECK(activation["address"] == "192.0.2.7");
  CHECK(fleet.world.told("tasks.list")["tasks"].back()["state"] == "accepted");
  // A second click, a reload: the same text, and no second activation.
  CHECK(fleet.press("accepted", nonce).body == thanks.body);
  CHECK(fleet.probe()["activations"].size() == probe["activations"].size());
  // Another answer afterwards is shown what was answered.
  CHECK(fleet.press("declined", fleet.nonce()).status == 200);
  CHECK(fleet.probe()["activations"].size() == probe["activations"].size());
}

TEST_CASE("accepting a paused task by its link begins it again, without any row that says so") {
  Fleet fleet;
  const std::size_t row = kRules.find("[activation");
  const std::size_t next = kRules.find("[template");
  fleet.world.told("rules.apply", {{"text", kRules.substr(0, row) + kRules.substr(next)}});
  const auto state = [&] {
    return fleet.world.told("tasks.show", {{"id", format_uuid(wire::id_of(fleet.task))}})["state"];
  };
  fleet.world.report(fleet.li, fleet.task, "opened");
  wire::Message paused = World::message("user:pm", 9, wire::STATUS);
  paused.set_in_reply_to(format_uuid(wire::id_of(fleet.task)));
  World::set_field(&paused, "status", "state", "paused");
  fleet.world.push(fleet.li, paused);
  CHECK(state() == "paused");
  fleet.nonce();  // looking at it does not
  CHECK(state() == "paused");
  fleet.press("accepted", fleet.nonce());
  CHECK(state() == "accepted");
}

TEST_CASE("without the nonce of the page nothing happens") {
  Fleet fleet;
  CHECK(fleet.press("accepted", "").status == 400);
  CHECK(fleet.press("accepted", std::string(32, 'A')).status == 400);
  const std::string old = fleet.nonce();
  fleet.world.advance(61min);
  CHECK(fleet.press("accepted", old).status == 400);
  CHECK(fleet.press("fetched", fleet.nonce()).status == 400);
  CHECK(fleet.press("withdrawn", fleet.nonce()).status == 400);
  CHECK(fleet.probe()["state"] == "waiting");
}

TEST_CASE("a changed or made-up link is not found, in the same words") {
  Fleet fleet;
  std::string changed = fleet.target;
  changed[10] = changed[10] == 'x' ? 'y' : 'x';
  const HttpResponse one = fleet.world.request("GET", changed);
  const HttpResponse other = fleet.world.request("GET", "/p/" + std::string(43, 'A'));
  CHECK(one.status == 404);
  CHECK(other.status == 404);
  CHECK(one.body == other.body);
  CHECK(fleet.world.request("POST", changed, "state=accepted&nonce=x&confirm=1").status == 404);
}

TEST_CASE("a link whose time is over says so and shows nothing of the message") {
  Fleet fleet;
  const std::string nonce = fleet.nonce();
  fleet.world.pass(121min, {fleet.pm, fleet.li});
  const HttpResponse page = fleet.world.request("GET", fleet.target);
  CHECK(page.status == 410);
  CHECK(page.body.find("P-&lt;1&gt;") == std::string::npos);
  CHECK(fleet.press("accepted", fleet.world.request("GET", fleet.target).body.empty() ? "" : nonce)
            .status >= 400);
  CHECK(fleet.probe()["state"] == "expired");
}

TEST_CASE("what a sender wrote is text on the page, never markup") {
  Fleet fleet;
  const HttpResponse page = fleet.world.request("GET", fleet.target);
  CHECK(page.body.find("P-&lt;1&gt;") != std::string::npos);
  CHECK(page.body.find("P-<1>") == std::string::npos);
  CHECK(page.body.find("<script") == std::string::npos);
}

TEST_CASE("the page speaks Chinese to who asks for it") {
  Fleet fleet;
  CHECK(fleet.world.request("GET", fleet.target + "?lang=zh").body.find("lang=\"zh") !=
        std::string::npos);
  CHECK(fleet.world.request("GET", fleet.target + "?lang=en").body.find("lang=\"en") !=
        std::string::npos);
}

}  // namespace yizhan::broker
