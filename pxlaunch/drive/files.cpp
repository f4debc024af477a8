// files.cpp - the ranks' output files.
#include "pxlaunch/drive/files.h"

#include <fmt/format.h>

#include <cerrno>
#include <fcntl.h>
#include <sys/stat.h>

namespace px::drive {

Result<void> make_parents(const std::string &path) {
    for (std::size_t at = path.find('/', 1); at != std::string::npos;
         at = path.find('/', at + 1)) {
        const std::string above = path.substr(0, at);
        if (::mkdir(above.c_str(), 0777) == 0 || errno == EEXIST) continue;
        // A parent that exists may still refuse to be made (read-only, not ours).
        struct stat about {};
        const int error_number = errno;
        if (::stat(above.c_str(), &about) == 0) continue;
        return Error{Exit::cannot_run,
                     fmt::format("--output: cannot make the directory '{}': {}", above,
                                 error_text(error_number)),
                     "name a directory that you may write to"};
    }
    return {};
}

class FileSet::File : public Sink {
  public:
    File(FileSet &set, std::string name) : set_(set), name_(std::move(name)) {}

    void write(std::span<const std::string_view> pieces, std::size_t credit) override {
        if (!failed_) note(put(pieces));
        if (credit != 0 && set_.events_.written) set_.events_.written(credit);
    }
    [[nodiscard]] std::size_t pending() const override { return 0; }

    void note(const Result<void> &done) {
        if (done) return;
        failed_ = true;
        fd_.reset();
        if (set_.events_.failed) set_.events_.failed(done.error());
    }

  private:
    friend class FileSet;

    Result<void> put(std::span<const std::string_view> pieces) {
        if (!fd_) PX_TRY(set_.open(*this, O_APPEND));
        for (const std::string_view piece : pieces) {
            if (const auto done = write_all(fd_.get(), piece); !done) {
                return Error{Exit::cannot_run,
                             fmt::format("--output: '{}': {}", name_, done.error().what),
                             "the rest of this file's output is lost"};
            }
        }
        return {};
    }

    FileSet &set_;
    std::string name_;
    Fd fd_;
    bool failed_ = false;
};

FileSet::FileSet(Events events, std::size_t most_open)
    : events_(std::move(events)), most_open_(most_open) {}

FileSet::~FileSet() = default;

Result<void> FileSet::open(File &file, int flags) {
    if (open_.size() >= most_open_) {
        open_.front()->fd_.reset();
        open_.erase(open_.begin());
    }
    file.fd_ =
        Fd(::open(file.name_.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC | flags, 0666));
    if (!file.fd_) {
        const std::string why = error_text(errno);
        return Error{Exit::cannot_run,
                     fmt::format("--output: cannot open '{}': {}", file.name_, why),
                     "name a directory or a file that you may write to"};
    }
    open_.push_back(&file);
    return {};
}

Result<void> FileSet::create(const std::string &name) {
    if (files_.contains(name)) return {};
    PX_TRY(make_parents(name));
    auto file = std::make_unique<File>(*this, name);
    PX_TRY(open(*file, O_TRUNC | O_APPEND));
    files_.emplace(name, std::move(file));
    return {};
}

Sink &FileSet::sink(const std::string &name) {
    if (const auto made = create(name); !made) {
        auto file = std::make_unique<File>(*this, name);
        file->note(made);
        files_.emplace(name, std::move(file));
    }
    return *files_.at(name);
}

} // namespace px::drive
