#include "agent/task_file.h"

#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "tests/agent/task_text.h"
#include "wire/codec.h"
#include "wire/limits.h"

namespace yizhan::agent {

namespace {

/// "ok", or the error's message.
std::string verdict(const std::string& text) {
  const auto file = parse_task_file(text, "t.ini");
  return file.ok() ? "ok" : file.error().message;
}

bool is_limit(const std::string& text) {
  const auto file = parse_task_file(text, "t.ini");
  return !file.ok() && file.error().code == Code::kLimit;
}

std::string read_bytes(const std::filesystem::path& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

std::string replaced(std::string text, const std::string& from, const std::string& to) {
  for (std::size_t at = text.find(from); at != std::string::npos;
       at = text.find(from, at + to.size())) {
    text.replace(at, from.size(), to);
  }
  return text;
}

/// UTF-16, little endian, with BOM, of text in the basic plane.
std::string utf16(const std::u16string& text) {
  std::string bytes = "\xFF\xFE";
  for (const char16_t c : text) {
    bytes += static_cast<char>(c & 0xFF);
    bytes += static_cast<char>(c >> 8);
  }
  return bytes;
}

}  // namespace

TEST_CASE("a task file becomes a message with the envelope as fields and the rest as body") {
  const std::string text =
      "; from a mail\n[yizhan]\nversion = 1\nkind = question\nid = " + std::string(kTaskId) +
      "\ncreated = 2026-03-04T09:12:00+08:00\nrecipient = role:pm, li.wei\nsender = user:wang\n"
      "thread = T-1\nin_reply_to = 0190B3A2-7C41-7E52-9F0A-3D5E8C1B2A02\npriority = high\n"
      "ack = opened\nexpires = 2026-04-04T09:12:00Z\ncolour = blue\n"
      "[question]\ncategory = terminology\ntext = a\\nb; not # a comment\n[x-own]\nk.1 = "
      "v\n[end]\n";
  const auto file = parse_task_file(text, "q.ini");
  REQUIRE(file.ok());
  const wire::Message& message = file->message;
  CHECK(format_uuid(wire::id_of(message)) == kTaskId);
  CHECK(message.kind() == wire::QUESTION);
  CHECK(message.recipient() == "role:pm, li.wei");
  CHECK(message.sender() == "user:wang");
  CHECK(message.thread() == "T-1");
  CHECK(message.in_reply_to() == "0190b3a2-7c41-7e52-9f0a-3d5e8c1b2a02");
  CHECK(message.priority() == wire::HIGH);
  CHECK(message.ack() == wire::ACK_OPENED);
  CHECK(message.created() == "2026-03-04T09:12:00+08:00");
  CHECK(message.expires() == "2026-04-04T09:12:00Z");
  CHECK(message.signed_file().empty());
  CHECK(file->complete);
  CHECK(file->attachments.empty());

  wire::Body body;
  REQUIRE(body.ParseFromString(message.body()));
  REQUIRE(body.sections_size() == 3);
  CHECK(*wire::find_entry(body, "yizhan", "colour") == "blue");
  CHECK(*wire::find_entry(body, "question", "text") == "a\nb; not # a comment");
  CHECK(*wire::find_entry(body, "x-own", "k.1") == "v");
  CHECK(wire::find_entry(body, "yizhan", "kind") == nullptr);
}

TEST_CASE("what is left out has its default, and what is left empty is left out") {
  const auto file =
      parse_task_file(file_of("data", "priority =\nack =\nexpires =\nsender =\n"), "t.ini");
  REQUIRE(file.ok());
  CHECK(file->message.priority() == wire::PRIORITY_UNSPECIFIED);
  CHECK(file->message.ack() == wire::ACK_UNSPECIFIED);
  CHECK(wire::expires_us(file->message) == 0);
  CHECK_FALSE(file->complete);
}

TEST_CASE("only a file that begins with [yizhan] is ours") {
  CHECK(is_task_file("; c\n\n[yizhan]\n"));
  CHECK(is_task_file("\xEF\xBB\xBF[yizhan]\r\n"));
  CHECK_FALSE(is_task_file("[.ShellClassInfo]\nIconIndex=0\n[yizhan]\n"));
  CHECK_FALSE(is_task_file(""));
  CHECK(is_complete(task_of("[end]\n")));
  CHECK_FALSE(is_complete(task_of("")));
  CHECK_FALSE(is_complete(task_of("[en")));
  CHECK(verdict("[other]\nk = v\n") == "t.ini:1: a task file begins with the section [yizhan]");
  CHECK(verdict("") == "t.ini:1: a task file begins with the section [yizhan]");
}

TEST_CASE("each missing key of the envelope is named at the envelope") {
  for (const char* key : {"version", "kind", "id", "created", "recipient"}) {
    const std::string with = task_of("");
    const std::size_t at = with.find(std::string("\n") + key + " =");
    const std::string without = with.substr(0, at) + with.substr(with.find('\n', at + 1));
    CHECK(verdict(without) == "t.ini:1: [yizhan] needs " + std::string(key) + " = …");
    CHECK(verdict(replaced(with, std::string("\n") + key + " =",
                           std::string("\n") + key + " =\nx-was =")) ==
          "t.ini:1: [yizhan] needs " + std::string(key) + " = …");
  }
  CHECK(verdict(replaced(task_of(""), "recipient =", "recipent =")) ==
        "t.ini:1: [yizhan] needs recipient = …; is 'recipent' in line 6 meant?");
}

TEST_CASE("each kind needs its own keys") {
  CHECK(verdict(task_of("")) == "ok");
  CHECK(verdict(file_of("task", "")) ==
        "t.ini:3: kind task needs a section [job] with id, type, source_lang, target_lang, due");
  CHECK(verdict(replaced(task_of(""), "due = ", "duee = ")) ==
        "t.ini:7: [job] needs due = …; is 'duee' in line 12 meant?");
  CHECK(verdict(task_of("[project]\nname = x\n")) == "t.ini:13: [project] needs id = …");
  CHECK(verdict(file_of("question", "[question]\ncategory = context\n")) ==
        "t.ini:7: [question] needs text = …");
  CHECK(verdict(file_of("challenge", "[challenge]\nsubject = term\nreason = r\n")) ==
        "t.ini:7: [challenge] needs ref = …");
  CHECK(verdict(file_of("reply", "[reply]\ntext = x\n")) == "t.ini:7: [reply] needs decision = …");
  CHECK(verdict(file_of("guidance", "[guidance]\ntopic = x\n")) ==
        "t.ini:7: [guidance] needs text = …");
  CHECK(verdict(file_of("command", "")) ==
        "t.ini:3: kind command needs a section [command] with command.1");
  CHECK(verdict(file_of("status", "[status]\n")) == "t.ini:7: [status] needs state = …");
  CHECK(verdict(file_of("receipt", "[receipt]\nevent = opened\n")) ==
        "t.ini:7: [receipt] needs of = …");
  CHECK(verdict(file_of("data", "")) == "ok");
}

TEST_CASE("a value of the wrong form is named with its line and what would be right") {
  CHECK(verdict(replaced(task_of(""), "kind = task", "kind = tesk")) ==
        "t.ini:3: kind in [yizhan]: 'tesk' is not a word for it; write task, question, challenge, "
        "reply, guidance, command, data, status or receipt; did you mean \"task\"?");
  CHECK(verdict(replaced(task_of(""), "version = 1", "version = 2")) ==
        "t.ini:2: version '2' is not known; this program reads version = 1");
  CHECK(verdict(replaced(task_of(""), "+08:00\n", "\n")) ==
        "t.ini:5: created in [yizhan]: '2026-03-04T09:12:00' is not a time; write it with its "
        "offset, like 2026-03-04T09:12:00+08:00");
  CHECK(verdict(replaced(task_of(""), kTaskId, "7")) ==
        "t.ini:4: id in [yizhan]: '7' is not a UUID, like 0190b3a2-7c41-7e52-9f0a-3d5e8c1b2a01");
  CHECK(verdict(replaced(task_of(""), "zh-CN", "zh_CN")) ==
        "t.ini:11: target_lang in [job]: 'zh_CN' is not a language tag; write zh-CN (a hyphen, not "
        "'_')");
  CHECK(verdict(replaced(task_of(""), "user:li.wei", "mail:x")).substr(0, 42) ==
        "t.ini:6: recipient in [yizhan]: address 'm");
  CHECK(verdict(replaced(task_of(""), "user:li.wei", "a\nsender = a, b")) ==
        "t.ini:7: sender in [yizhan]: 'a, b' is not one address; write user: and a name");
}

TEST_CASE("only kind command carries commands, and nothing follows a signature") {
  const std::string command = "[command]\ncommand.1 = sync_now\n";
  CHECK(verdict(file_of("command", command)) == "ok");
  CHECK(verdict(task_of(command)) ==
        "t.ini:13: only kind command may carry [command]; take it out, or change the kind");
  const std::string signature = "[signature]\nalg = ed25519\nvalue = x\n";
  CHECK(verdict(file_of("command", command + signature + "[end]\n")) == "ok");
  CHECK(verdict(file_of("command", signature + command)) ==
        "t.ini:10: [command] stands behind [signature], which covers only what stands before it; "
        "move it up");
  CHECK(verdict(task_of("[end]\n[x]\nk = v\n")) ==
        "t.ini:13: [end] must be the last section, and empty");
  CHECK(verdict(task_of("[end]\nk = v\n")) ==
        "t.ini:13: [end] must be the last section, and empty");
}

TEST_CASE("a signed file is kept as it was, byte for byte") {
  const std::string text =
      "\xEF\xBB\xBF" + replaced(task_of("[signature]\nvalue = x\n[end]\n"), "\n", "\r\n");
  const auto file = parse_task_file(text, "t.ini");
  REQUIRE(file.ok());
  CHECK(file->message.signed_file() == text);
}

TEST_CASE("files to attach are listed once, with what is said of them") {
  const std::string hash(64, 'A');
  const auto file =
      parse_task_file(file_of("question",
                              "[question]\ncategory = context\ntext = x\nattach.1 = fig 12.png\n"
                              "attach.2 = b.txt\n[files]\nfile.1 = a.docx\nfile.1.size = 12\n"
                              "file.1.sha256 = " +
                                  hash +
                                  "\nfile.2 = c.pdf\nfile.2.ref = blob/1\n"
                                  "file.3 = b.txt\n"),
                      "t.ini");
  REQUIRE(file.ok());
  REQUIRE(file->attachments.size() == 3);
  CHECK(file->attachments[0].name == "a.docx");
  CHECK(file->attachments[0].size == 12);
  CHECK(to_hex(*file->attachments[0].sha256) == std::string(64, 'a'));
  CHECK(file->attachments[0].line == 13);
  CHECK(file->attachments[1].name == "b.txt");
  CHECK_FALSE(file->attachments[1].sha256);
  CHECK(file->attachments[2].name == "fig 12.png");
}

TEST_CASE("an attachment that leads elsewhere, is too large or is two files is refused") {
  const auto with = [](const std::string& rest) { return verdict(task_of("[files]\n" + rest)); };
  CHECK(with("file.1 = ../x\n").substr(0, 41) == "t.ini:14: file.1 in [files]: attachment '");
  CHECK(with("file.1 = a/b\n") != "ok");
  CHECK(with("file.1 = /etc/passwd\n") != "ok");
  CHECK(with("file.1 = C:\\x\n") != "ok");
  CHECK(with("file.1 = a\nfile.1.sha256 = 12\n") ==
        "t.ini:15: file.1.sha256 in [files]: '12' is not 64 hex digits");
  CHECK(with("file.1 = a\nfile.1.size = 4294967296\n") == "ok");
  CHECK(is_limit(task_of("[files]\nfile.1 = a\nfile.1.size = 4294967297\n")));
  CHECK(with("file.1 = a\nfile.1.size = 1\nfile.2 = a\nfile.2.size = 2\n") ==
        "t.ini:16: 'a' is described in another way in line 14; give two files two names");
}

TEST_CASE("a file is taken up to its limits and refused one past them") {
  std::string full = task_of("");
  full += "[x]\n";
  for (int i = 0; full.size() + 9000 < wire::kMaxTaskFileBytes; ++i) {
    full += "k" + std::to_string(i) + " = " + std::string(wire::kMaxValueBytes, 'v') + "\n";
  }
  const std::size_t rest = wire::kMaxTaskFileBytes - full.size() - std::string("rest = \n").size();
  // Its text for others has "[end]" and blank lines on top, so the limit is met a little earlier.
  CHECK(verdict(full + "rest = " + std::string(rest - 100, 'v') + "\n") == "ok");
  CHECK(is_limit(full + "rest = " + std::string(rest, 'v') + "\n"));
  CHECK(is_limit(full + "rest = " + std::string(rest + 1, 'v') + "\n"));
  CHECK(is_limit(task_of("[x]\nk = " + std::string(wire::kMaxValueBytes + 1, 'v') + "\n")));
}

TEST_CASE("any prefix of a file gives an answer") {
  const std::string text = task_of("[files]\nfile.1 = a.txt\nfile.1.size = 1\n[end]\n");
  for (std::size_t size = 0; size <= text.size(); ++size) {
    const auto file = parse_task_file(text.substr(0, size), "t.ini");
    if (file.ok()) CHECK(wire::check_message(file->message).ok());
  }
}

TEST_CASE("the content hash depends on what is said, not on how the file is written") {
  const std::string plain = file_of("question", "[question]\ncategory = context\ntext = 图 12？\n");
  const auto hash_of = [](const std::string& text) {
    const auto file = parse_task_file(text, "t.ini");
    INFO(text);
    REQUIRE(file.ok());
    return wire::content_hash(file->message);
  };
  const ContentHash hash = hash_of(plain);
  CHECK(hash_of("\xEF\xBB\xBF; a comment\n\n" + replaced(plain, "\n", "\r\n")) == hash);
  CHECK(hash_of(plain + "[end]\n") == hash);
  CHECK(hash_of(replaced(plain, " = ", "=")) == hash);
  CHECK(hash_of(replaced(plain, "category", "CATEGORY  ")) == hash);
  CHECK(hash_of(utf16(u"[yizhan]\r\nversion = 1\r\nkind = question\r\n"
                      u"id = 0190b3a2-7c41-7e52-9f0a-3d5e8c1b2a01\r\n"
                      u"created = 2026-03-04T09:12:00+08:00\r\nrecipient = user:li.wei\r\n"
                      u"[question]\r\ncategory = context\r\ntext = 图 12？\r\n")) == hash);
  CHECK(hash_of(replaced(plain, "图 12？", "\xCD\xBC 12\xA3\xBF")) == hash);  // GB18030
  CHECK(hash_of(replaced(plain, "12", "13")) != hash);
}

TEST_CASE("a likely misspelling of an optional key is a warning, and is relayed") {
  const auto file = parse_task_file(
      replaced(task_of("tol = omegat\n"), "recipient =", "priorty = high\nrecipient ="), "t.ini");
  REQUIRE(file.ok());
  REQUIRE(file->warnings.size() == 2);
  CHECK(file->warnings[0] ==
        "t.ini:6: priorty in [yizhan] is not known and is relayed as it is; "
        "did you mean \"priority\"?");
  CHECK(file->warnings[1].find("\"tool\"") != std::string::npos);
  wire::Body body;
  REQUIRE(body.ParseFromString(file->message.body()));
  CHECK(*wire::find_entry(body, "yizhan", "priorty") == "high");
}

TEST_CASE("our own examples are good task files") {
  std::size_t count = 0;
  for (const auto& entry :
       std::filesystem::directory_iterator(YIZHAN_SOURCE_DIR "/tests/agent/fixtures")) {
    const std::string text = read_bytes(entry.path());
    INFO(entry.path());
    CHECK(is_task_file(text));
    CHECK(is_complete(text));
    CHECK(verdict(text) == "ok");
    ++count;
  }
  CHECK(count >= 9);
}

TEST_CASE("the samples that people sent are good task files, in each encoding the same") {
  const std::filesystem::path samples =
      std::filesystem::path(__FILE__).parent_path() / "../../../shared/samples/tasks";
  if (!std::filesystem::exists(samples)) {
    WARN("no samples on this machine");
    return;
  }
  std::vector<ContentHash> questions;
  for (const auto& entry : std::filesystem::directory_iterator(samples)) {
    if (entry.path().extension() != ".ini") continue;
    const std::string text = read_bytes(entry.path());
    INFO(entry.path());
    CHECK(is_task_file(text));
    const auto file = parse_task_file(text, entry.path().string());
    if (!file.ok()) FAIL(file.error().message);
    CHECK(wire::check_message(file->message).ok());
    if (entry.path().filename().string().rfind("question", 0) == 0) {
      wire::Message message = file->message;
      message.set_id(std::string(16, 'i'));
      questions.push_back(wire::content_hash(message));
    }
  }
  CHECK(questions.size() == 3);
}

}  // namespace yizhan::agent
