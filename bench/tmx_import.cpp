// What reading a memory costs: a TMX file of N units (1,000,000 if none is given) is written to
// disk by our own writer, as a tool would write it, and read to a sink that drops it. Units a
// second, the same with expat doing nothing but parse as the limit of what a reader could reach,
// and the process' peak of memory, which must not depend on N.

#include <sys/resource.h>
#include <unistd.h>

#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>

#include "exchange/files_posix.h"
#include "exchange/read_file.h"
#include "exchange/xml.h"

namespace {

using namespace yizhan;
namespace unit = wire::unit;

double seconds_of(auto work) {
  const auto start = std::chrono::steady_clock::now();
  work();
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

wire::Record unit_of(std::uint64_t number) {
  const std::string n = std::to_string(number);
  wire::Record record = wire::make_record(wire::UNIT);
  wire::set_value(&record, unit::kSourceLang, "en-US");
  wire::set_value(&record, unit::kTargetLang, "zh-CN");
  wire::set_value(&record, unit::kSource,
                  "Check the oil level of gear box " + n + " before start.");
  wire::set_value(&record, unit::kTarget, "启动前请检查" + n + "号齿轮箱的油位。");
  wire::set_value(&record, unit::kAuthor, "li.wei");
  wire::set_value(&record, unit::kCreated, "2024-03-01T08:00:00Z");
  wire::set_value(&record, unit::kChanger, "wang.fang");
  wire::set_value(&record, unit::kChanged, "2024-03-05T10:15:00Z");
  wire::set_value(&record, unit::kStatus, "reviewed");
  return record;
}

Status write_memory(const std::string& path, std::uint64_t units) {
  TRY_ASSIGN(const auto file, exchange::FileOutput::create(path + ".new"));
  exchange::WriteOptions options;
  options.source_lang = "en-US";
  const auto writer = exchange::make_writer(exchange::Format::kTmx, options, file.get());
  for (std::uint64_t i = 0; i < units; ++i) TRY(writer->unit(unit_of(i)));
  TRY(writer->finish());
  return file->commit(path);
}

class Drop final : public exchange::Sink {
 public:
  Status unit(wire::Record record) override {
    bytes += wire::value(record, unit::kTarget).size();
    return {};
  }
  Status entry(wire::Record, std::vector<wire::Record>) override { return {}; }
  std::uint64_t bytes = 0;
};

class Nothing final : public exchange::XmlHandler {
  Status start(const exchange::XmlElement&) override { return {}; }
  Status end(std::string_view) override { return {}; }
  Status text(std::string_view) override { return {}; }
};

Status only_parse(const std::string& path) {
  TRY_ASSIGN(const auto source, exchange::open_source(path));
  Nothing nothing;
  exchange::XmlReader xml(path, &nothing);
  std::string piece(64 * 1024, '\0');
  for (;;) {
    TRY_ASSIGN(const std::size_t size, source->read(piece.data(), piece.size()));
    if (size == 0) return xml.finish();
    TRY(xml.feed(std::string_view(piece).substr(0, size)));
  }
}

int run(std::uint64_t units, const std::string& path) {
  Status failed;
  const double write = seconds_of([&] { failed = write_memory(path, units); });
  Drop sink;
  double read = 0;
  double parse = 0;
  if (failed.ok()) {
    read = seconds_of([&] {
      const auto report = exchange::read_file(path, {}, &sink);
      if (!report.ok()) failed = report.error();
    });
  }
  if (failed.ok()) parse = seconds_of([&] { failed = only_parse(path); });
  ::unlink(path.c_str());
  if (!failed.ok()) {
    std::fprintf(stderr, "%s\n", failed.error().message.c_str());
    return 1;
  }
  struct rusage usage {};
  getrusage(RUSAGE_SELF, &usage);
  const auto rate = [&](double seconds) { return static_cast<double>(units) / seconds; };
  std::printf("units                      %12llu\n", static_cast<unsigned long long>(units));
  std::printf("written and synced         %12.0f units/s\n", rate(write));
  std::printf("read                       %12.0f units/s\n", rate(read));
  std::printf("only parsed, by expat      %12.0f units/s (ratio %.2f)\n", rate(parse),
              parse / read);
  std::printf("peak resident memory       %12.1f MiB\n",
              static_cast<double>(usage.ru_maxrss) / 1024.0);
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  const std::uint64_t units = argc > 1 ? std::strtoull(argv[1], nullptr, 10) : 1'000'000;
  const char* folder = std::getenv("TMPDIR");
  const std::string path = std::string(folder != nullptr ? folder : "/tmp") + "/tmx_import." +
                           std::to_string(::getpid()) + ".tmx";
  return run(units, path);
}
