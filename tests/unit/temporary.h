#pragma once
// A directory for one test, gone when the test is.

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>

class Temporary {
  public:
    Temporary() {
        std::string name = "/tmp/px.XXXXXX";
        path_ = ::mkdtemp(name.data());
    }
    ~Temporary() { std::filesystem::remove_all(path_); }
    Temporary(const Temporary &) = delete;
    Temporary &operator=(const Temporary &) = delete;

    [[nodiscard]] const std::string &path() const { return path_; }
    [[nodiscard]] std::string path(const std::string &name) const {
        return path_ + '/' + name;
    }
    [[nodiscard]] bool has(const std::string &name) const {
        return std::filesystem::exists(std::filesystem::symlink_status(path(name)));
    }
    [[nodiscard]] std::string read(const std::string &name) const {
        std::ifstream file(path(name), std::ios::binary);
        std::ostringstream text;
        text << file.rdbuf();
        return text.str();
    }
    void write(const std::string &name, const std::string &text) const {
        std::ofstream(path(name), std::ios::binary) << text;
    }

  private:
    std::string path_;
};
