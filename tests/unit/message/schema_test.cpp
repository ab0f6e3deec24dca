#include "runtime/message/schema.hpp"

#define VALIJSON_USE_EXCEPTIONS 1 // it aborts otherwise

#include <boost/json.hpp>
#include <boost/test/unit_test.hpp>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <valijson/adapters/boost_json_adapter.hpp>
#include <valijson/schema.hpp>
#include <valijson/schema_parser.hpp>
#include <valijson/validator.hpp>

#include "runtime/json_schema.hpp"
#include "runtime/message/codec.hpp"
#include "tests/unit/message/samples.hpp"

using namespace troupe;
using namespace troupe::message;
namespace fs = std::filesystem;
namespace json = boost::json;

namespace {

std::string read(const fs::path& path) {
  std::ifstream file{path};
  BOOST_REQUIRE_MESSAGE(file, path.string() + " cannot be read");
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

const fs::path bus_folder = TROUPE_SOURCE_DIR "/net/bus";

std::vector<std::pair<std::string, json::value>> golden_messages() {
  std::vector<std::pair<std::string, json::value>> out;
  for (const auto& entry : fs::directory_iterator{TROUPE_SOURCE_DIR "/tests/unit/message/golden"})
    out.emplace_back(entry.path().filename(), json::parse(read(entry.path())));
  return out;
}

/// The schema, read once: thousands of messages are held against it.
class Fit {
 public:
  Fit() {
    valijson::SchemaParser{valijson::SchemaParser::kDraft7}.populateSchema(
        valijson::adapters::BoostJsonAdapter{text_}, schema_);
  }
  bool operator()(const json::value& message) {
    return validator_.validate(schema_, valijson::adapters::BoostJsonAdapter{message}, nullptr);
  }

 private:
  json::value text_ = json::parse(message_schema());
  valijson::Schema schema_;
  valijson::Validator validator_;
};

/// Calls `visit(name, changed)` with the document in which one thing is otherwise, for each.
template <class Visit>
void change_each(json::value& root, json::value& at, const std::string& path, const Visit& visit) {
  if (at.is_array()) {
    auto& items = at.get_array();
    for (std::size_t i = 0; i < items.size(); ++i)
      change_each(root, items[i], path + '/' + std::to_string(i), visit);
  }
  if (at.is_object()) {
    const json::object members = at.get_object();
    for (const auto& [key, value] : members) {
      const auto place = path + '/' + std::string{key};
      at.get_object().erase(key);
      visit(place + " left out", root);
      for (const auto& other :
           {json::value{"x"}, json::value{-1}, json::value{true}, json::value(nullptr),
            json::value(json::object{{"n", 1}}), json::value(json::array{1})}) {
        at.get_object()[key] = other;
        visit(place + " = " + json::serialize(other), root);
      }
      at.get_object()[key] = value;
      change_each(root, at.get_object().at(key), place, visit);
    }
  }
}

} // namespace

BOOST_AUTO_TEST_SUITE(message_schema_)

BOOST_AUTO_TEST_CASE(the_file_that_others_read_is_what_the_code_says) {
  BOOST_TEST((read(bus_folder / "agent_message.schema.json") == message_schema()),
             "make it anew: troupe help messages > net/bus/agent_message.schema.json");
}

BOOST_AUTO_TEST_CASE(it_is_a_schema) { BOOST_TEST(schema_defect(message_schema()) == ""); }

BOOST_AUTO_TEST_CASE(every_golden_message_fits) {
  for (const auto& [name, message] : golden_messages()) BOOST_TEST_CONTEXT(name)
  for (const auto& fault : schema_faults(message_schema(), JsonText{json::serialize(message)}))
    BOOST_ERROR(fault);
}

BOOST_AUTO_TEST_CASE(a_message_fits_exactly_if_it_can_be_read_whatever_is_changed_in_it) {
  std::size_t refused = 0;
  Fit fits;
  for (auto& [name, message] : golden_messages()) BOOST_TEST_CONTEXT(name)
  change_each(message, message, "", [&](const std::string& what, const json::value& changed) {
    const auto decoded = decode(json::serialize(changed));
    const bool fit = fits(changed);
    refused += !fit;
    if (decoded.ok() != fit)
      BOOST_ERROR(what << (fit ? " fits, but: " + decoded.error().message
                               : " can be read, and does not fit"));
  });
  BOOST_TEST(refused > 1000U); // it can fail
}

BOOST_AUTO_TEST_CASE(the_protocol_page_tells_of_every_message) {
  const auto page = read(bus_folder / "PROTOCOL.md");
  for (const auto& message : sample_messages()) {
    const auto type = '`' + std::string{type_name(message.body)} + '`';
    BOOST_TEST((page.find(type) != std::string::npos), type + " is not in PROTOCOL.md");
  }
}

BOOST_AUTO_TEST_SUITE_END()
