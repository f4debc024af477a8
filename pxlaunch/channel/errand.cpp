// errand.cpp - fields; but a blank between those that go through PMI-2.
#include "pxlaunch/channel/errand.h"

#include "pxlaunch/base/text.h"
#include "pxlaunch/channel/fields.h"

#include <fmt/format.h>

namespace px::channel {

std::string text_of(const Caller &caller) {
    return fmt::format("{} {} {} {}", caller.secret, caller.token, caller.host,
                       join(caller.addresses, " "));
}

std::optional<Caller> read_caller(std::string_view text) {
    const auto words = split(text, ' ');
    if (words.size() < 4 || words[1].empty()) return std::nullopt;
    return Caller{words[0], words[1], words[2], {words.begin() + 3, words.end()}};
}

std::string text_of(const HostFacts &facts) {
    FieldWriter fields;
    fields.add(std::string_view(facts.srun));
    fields.add(std::string_view(facts.plugins));
    fields.add(facts.environment);
    return fields.bytes();
}

std::optional<HostFacts> read_facts(std::string_view text) {
    FieldReader fields(text);
    HostFacts facts;
    facts.srun = fields.text();
    facts.plugins = fields.text();
    facts.environment = fields.list();
    return fields.good() ? std::optional(std::move(facts)) : std::nullopt;
}

std::string text_of(const SrunOrder &order) {
    FieldWriter fields;
    fields.add(long{order.number});
    fields.add(order.argv);
    fields.add(order.env);
    fields.add(std::string_view(order.hosts));
    return fields.bytes();
}

std::optional<SrunOrder> read_order(std::string_view text) {
    FieldReader fields(text);
    SrunOrder order;
    order.number = static_cast<int>(fields.number());
    order.argv = fields.list();
    order.env = fields.list();
    order.hosts = fields.text();
    return fields.good() ? std::optional(std::move(order)) : std::nullopt;
}

std::string text_of(const SrunNews &news) {
    FieldWriter fields;
    fields.add(long{news.number});
    fields.add(long{news.value});
    return fields.bytes() + std::string(news.words);
}

std::optional<SrunNews> read_news(std::string_view text) {
    FieldReader fields(text);
    SrunNews news;
    news.number = static_cast<int>(fields.number());
    news.value = static_cast<int>(fields.number());
    news.words = fields.rest();
    return fields.good() ? std::optional(news) : std::nullopt;
}

} // namespace px::channel
