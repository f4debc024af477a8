#pragma once
// Bytes in a JSON document: text as a string; what is no UTF-8, as an argument or a path
// may be, as {"text": with U+FFFD for what cannot be shown, "hex": the exact bytes}.

#include <nlohmann/json.hpp>

#include <string>
#include <string_view>

namespace px::cli {

using OrderedJson =
    nlohmann::ordered_json; // members in the order in which they were written

OrderedJson json_text(std::string_view bytes);
std::string
json_document(const OrderedJson &document); // indented, one newline at the end

} // namespace px::cli
