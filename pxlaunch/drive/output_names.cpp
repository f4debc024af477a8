// output_names.cpp - the pattern of --output and what its fields become.
#include "pxlaunch/drive/output_names.h"

#include <fmt/format.h>

#include <string_view>
#include <sys/stat.h>

namespace px::drive {

namespace {
constexpr std::string_view fields = "rhjan%";
constexpr const char *field_hint = "there are: %r rank, %h host, %j job, %a application, "
                                   "%n rank on its node, %% a percent sign";

bool is_existing_directory(const std::string &path) {
    struct stat about {};
    return ::stat(path.c_str(), &about) == 0 && S_ISDIR(about.st_mode);
}
} // namespace

Result<OutputNames> OutputNames::parse(const std::string &text) {
    if (text.empty()) {
        return usage_error("--output: expected a directory or a file name, got nothing",
                           "write a directory as 'DIR/', files as 'out.%r'");
    }
    OutputNames names;
    names.text_ = text;
    names.directory_ = text.back() == '/';
    if (!names.directory_ && is_existing_directory(text)) {
        names.directory_ = true;
        names.text_ += '/';
    }
    for (std::size_t at = text.find('%'); at != std::string::npos;
         at = text.find('%', at + 2)) {
        const std::string field = text.substr(at, 2);
        if (field.size() == 2 && fields.find(field[1]) != std::string_view::npos)
            continue;
        return usage_error(
            fmt::format("--output: unknown field '{}' in '{}'", field, text), field_hint);
    }
    return names;
}

void OutputNames::set_np(int np) {
    width_ = static_cast<int>(std::to_string(np > 1 ? np - 1 : 0).size());
}

bool OutputNames::uses(char field) const {
    for (std::size_t at = text_.find('%'); at != std::string::npos;
         at = text_.find('%', at + 2)) {
        if (text_[at + 1] == field) return true;
    }
    return false;
}

std::string OutputNames::rank_text(const Writer &writer) const {
    const std::string rank = fmt::format("{:0{}}", writer.rank, width_);
    return writer.child == 0 ? rank : fmt::format("{}.{}", writer.child, rank);
}

std::string OutputNames::field_text(char field, const Writer &writer,
                                    const std::string &job) const {
    switch (field) {
    case 'r':
        return rank_text(writer);
    case 'h':
        return writer.host.empty() ? "unknown" : writer.host;
    case 'j':
        return job.empty() ? "unknown" : job;
    case 'a':
        return std::to_string(writer.app);
    case 'n':
        return std::to_string(writer.local_rank);
    default:
        return "%";
    }
}

std::string OutputNames::name(const Writer &writer, Channel channel,
                              const std::string &job) const {
    std::string name;
    for (std::size_t i = 0; i < text_.size(); ++i) {
        if (text_[i] == '%') {
            name += field_text(text_[++i], writer, job);
        } else {
            name += text_[i];
        }
    }
    if (!directory_) return name;
    return name + rank_text(writer) + (channel == Channel::out ? ".out" : ".err");
}

} // namespace px::drive
