#include "broker/pages.h"

#include <algorithm>
#include <catch2/catch.hpp>
#include <cstdlib>
#include <string>

#include "broker/page_texts.h"

namespace yizhan::broker {
namespace {

constexpr Language kBoth[] = {Language::kEnglish, Language::kChinese};

ProbePage some_page() {
  ProbePage page;
  page.title = "PRJ-1";
  page.sender = "Zhang Min";
  page.fields = {{"kind", "task"}, {"job.due", "2026-03-06T18:00:00+08:00"}, {"x-shelf", "B 12"}};
  page.attachments = {"manual.docx"};
  page.buttons = {"accepted", "declined"};
  page.nonce = "N0NCE";
  return page;
}

bool has(const HttpResponse& response, const std::string& text) {
  return response.body.find(text) != std::string::npos;
}

std::string header(const HttpResponse& response, const std::string& name) {
  for (const auto& [key, value] : response.headers) {
    if (key == name) return value;
  }
  return "(none)";
}

std::size_t count(const std::string& text, const std::string& part) {
  std::size_t found = 0;
  for (std::size_t at = text.find(part); at != std::string::npos; at = text.find(part, at + 1)) {
    ++found;
  }
  return found;
}

}  // namespace

TEST_CASE("the probe page shows its data and buttons in the reader's language") {
  const HttpResponse en = probe_page(7, some_page(), Language::kEnglish);
  CHECK(en.id == 7);
  CHECK(en.status == 200);
  CHECK(en.content_type == "text/html; charset=utf-8");
  for (const char* text : {"<html lang=\"en\">", "PRJ-1", "Zhang Min", "Kind", "Task", "Due",
                           "2026-03-06 18:00 (UTC+08:00)", "x-shelf", "B 12", "manual.docx",
                           ">Accept</button>", ">Decline</button>", "value=\"accepted\"",
                           "name=\"nonce\" value=\"N0NCE\"", "name=\"confirm\" value=\"1\"",
                           "method=\"post\" action=\"?lang=en\"", "href=\"?lang=zh\"", "中文"}) {
    INFO(text);
    CHECK(has(en, text));
  }
  const HttpResponse zh = probe_page(7, some_page(), Language::kChinese);
  for (const char* text : {"<html lang=\"zh-CN\">", "任务", "截止时间", ">接受</button>",
                           "action=\"?lang=zh\"", "href=\"?lang=en\"", "value=\"accepted\""}) {
    INFO(text);
    CHECK(has(zh, text));
  }
}

TEST_CASE("every page has the security headers, and nothing that runs or loads") {
  for (const Language language : kBoth) {
    for (const HttpResponse& page :
         {probe_page(1, some_page(), language), thanks_page(1, "PRJ-1", "accepted", language),
          status_page(1, 404, language), plain_page(1, 200, "ok\n")}) {
      CHECK(header(page, "Cache-Control") == "no-store");
      CHECK(header(page, "Referrer-Policy") == "no-referrer");
      CHECK(header(page, "X-Robots-Tag") == "noindex, nofollow");
      CHECK(header(page, "X-Content-Type-Options") == "nosniff");
      const std::string policy = header(page, "Content-Security-Policy");
      CHECK(policy.starts_with("default-src 'none'; style-src 'sha256-"));
      CHECK(policy.ends_with("form-action 'self'; base-uri 'none'; frame-ancestors 'none'"));
      for (const char* text : {"<script", "http:", "https:", "style=", "<img", "url("}) {
        INFO(text << " in " << page.body);
        CHECK_FALSE(has(page, text));
      }
    }
  }
}

TEST_CASE("the style is the one whose hash the policy allows") {
  // Its base64 is of 32 bytes; that browsers agree is seen in bench/http_pages.sh's pictures.
  const HttpResponse page = status_page(1, 404, Language::kEnglish);
  const std::string policy = header(page, "Content-Security-Policy");
  const std::size_t start = policy.find("sha256-") + 7;
  CHECK(policy.find('\'', start) - start == 44);
  CHECK(count(page.body, "<style>") == 1);
}

TEST_CASE("whatever stands in the data is shown as text") {
  const std::string attack = "\"><script>alert('1')</script>&\x01\xff";
  ProbePage page = some_page();
  page.title = page.sender = page.nonce = page.activated_as = attack;
  page.fields = {{attack, attack}};
  page.attachments = page.buttons = {attack};
  page.state = ProbePage::kActivated;
  for (const Language language : kBoth) {
    for (const HttpResponse& response :
         {probe_page(1, page, language), thanks_page(1, attack, attack, language)}) {
      CHECK_FALSE(has(response, "<script"));
      CHECK_FALSE(has(response, "alert('"));
      CHECK_FALSE(has(response, "\x01"));
      CHECK_FALSE(has(response, "\xff"));
      CHECK(has(response,
                "&quot;&gt;&lt;script&gt;alert(&#39;1&#39;)&lt;/script&gt;&amp;\uFFFD\uFFFD"));
    }
  }
}

TEST_CASE("escaping keeps every language and replaces what is no text") {
  CHECK(escape_html("译站 café 🐎\n\tx") == "译站 café 🐎\n\tx");
  CHECK(escape_html("a\r\nb") == "a\nb");
  CHECK(escape_html(std::string("\0\x1b\x7f", 3)) == "\uFFFD\uFFFD\uFFFD");
  CHECK(escape_html("\xc2\x9b\xed\xa0\x80") == "\uFFFD\uFFFD\uFFFD\uFFFD");
}

TEST_CASE("an answered page says what was answered and when") {
  ProbePage page = some_page();
  page.state = ProbePage::kActivated;
  page.activated_as = "accepted";
  page.activated_at = from_micros(1'772'720'551'000'000);
  page.buttons.clear();
  const HttpResponse en = probe_page(1, page, Language::kEnglish);
  CHECK(en.status == 200);
  CHECK(has(en, "Accepted"));
  CHECK(has(en, "2026-03-05 14:22 (UTC)"));
  CHECK_FALSE(has(en, "<form"));
  CHECK(has(probe_page(1, page, Language::kChinese), "已接受"));
}

TEST_CASE("an expired or cancelled link is gone, and its data with it") {
  ProbePage page = some_page();
  for (const auto state : {ProbePage::kExpired, ProbePage::kCancelled}) {
    page.state = state;
    for (const Language language : kBoth) {
      const HttpResponse response = probe_page(1, page, language);
      CHECK(response.status == 410);
      CHECK_FALSE(has(response, "PRJ-1"));
      CHECK_FALSE(has(response, "<form"));
    }
  }
}

TEST_CASE("a repeated answer is thanked in the same words") {
  const HttpResponse first = thanks_page(1, "PRJ-1", "accepted", Language::kEnglish);
  CHECK(first.status == 200);
  CHECK(has(first, "Thank you"));
  CHECK(has(first, "Accepted"));
  CHECK(first.body == thanks_page(2, "PRJ-1", "accepted", Language::kEnglish).body);
  CHECK(has(thanks_page(1, "PRJ-1", "accepted", Language::kChinese), "谢谢"));
}

TEST_CASE("every status has its words in both languages") {
  for (const int status : {400, 404, 408, 413, 421, 429, 503, 505}) {
    for (const Language language : kBoth) {
      const HttpResponse page = status_page(3, status, language);
      CHECK(page.id == 3);
      CHECK(page.status == status);
      CHECK_FALSE(words_of_status(status, language).title.empty());
      CHECK(has(page, std::string(words_of_status(status, language).title)));
    }
  }
}

TEST_CASE("a state without words is shown as it is") {
  CHECK(words_of_state("translated", Language::kChinese).button == "translated");
  CHECK(words_of_state("opened", Language::kChinese).done == "已阅读");
  CHECK(word_of_value("question.category", "terminology", Language::kChinese) == "术语");
  CHECK(word_of_value("question.text", "terminology", Language::kChinese) == "terminology");
}

TEST_CASE("long values and lists are cut at their limits") {
  ProbePage page = some_page();
  page.title = std::string(kMaxPageValueBytes, 'a');
  CHECK(has(probe_page(1, page, Language::kEnglish), page.title + "<"));
  page.title = std::string(kMaxPageValueBytes - 1, 'a') + "译";
  CHECK(has(probe_page(1, page, Language::kEnglish),
            std::string(kMaxPageValueBytes - 1, 'a') + "…<"));
  for (const std::size_t more : {0U, 1U}) {
    page.fields.assign(kMaxPageFields + more, {"x", "y"});
    page.attachments.assign(kMaxPageAttachments + more, "z");
    page.buttons.assign(kMaxPageButtons + more, "opened");
    const std::string html = probe_page(1, page, Language::kEnglish).body;
    CHECK(count(html, "<dt>") == kMaxPageFields);
    CHECK(count(html, "<li dir") == kMaxPageAttachments);
    CHECK(count(html, "<li>…</li>") == more);
    CHECK(count(html, "<button") == kMaxPageButtons);
  }
}

}  // namespace yizhan::broker
