# frozen_string_literal: true

require "json"
require "open3"
require "rbconfig"
require "tmpdir"

# Builds the extension for the Ruby that runs this, or says in plain words what is missing for it.
class Cargo
  HEADERS = "Ruby's headers are missing: install them (Debian, Ubuntu: ruby-dev; Fedora: ruby-devel; Alpine: ruby-dev)"
  LIBCLANG = "libclang is missing: install it (Debian, Ubuntu: libclang-dev; Fedora: clang-devel; Alpine: clang-dev; " \
             "macOS: xcode-select --install), or name its folder in LIBCLANG_PATH"
  COMPILER = "a C compiler is missing: install one (Debian, Ubuntu: build-essential; Fedora: gcc; Alpine: " \
             "build-base; macOS: xcode-select --install)"
  NETWORK = "Cargo could not fetch from crates.io what the extension is made of"
  # By what Cargo and what it runs say of it.
  REMEDIES = {
    /Unable to find libclang/ => LIBCLANG,
    /linker `\S+` not found|failed to find tool/ => COMPILER,
    /failed to (?:download|get|fetch)/ => NETWORK
  }.freeze
  private_constant :HEADERS, :LIBCLANG, :COMPILER, :NETWORK, :REMEDIES

  # @param root [String] the folder with the workspace's Cargo.toml
  def initialize(root)
    @root = root
  end

  # Builds in CARGO_TARGET_DIR, where that is set, and else in a temporary directory, which is gone afterwards.
  # @yieldparam library [String] what was built, for as long as the block runs
  def build(&)
    check_version
    give_up(HEADERS) unless File.exist?("#{RbConfig::CONFIG.fetch('rubyhdrdir')}/ruby.h")
    target = ENV.fetch("CARGO_TARGET_DIR", "")
    # A relative one would be a place inside the gem.
    return build_in(target, &) if File.absolute_path?(target)

    Dir.mktmpdir("llm_router-build") { |temporary| build_in(temporary, &) }
  end

  private

  def build_in(target)
    # rb-sys takes Ruby's headers from RUBY.
    command = [{ "RUBY" => RbConfig.ruby }, cargo, "build", "--release", "--locked", "--package", "llm_router",
               "--config", short_paths, "--message-format", "json-render-diagnostics", "--target-dir", target]
    # From within the workspace, for its .cargo/config.toml.
    messages, words, status = Open3.capture3(*command, chdir: @root)
    warn words
    give_up(remedy(words)) unless status.success?

    yield library(messages)
  end

  # A panic names its place: without where the crates lie on this machine, which is 300 long paths in the library.
  def short_paths
    sources = "#{ENV.fetch('CARGO_HOME') { "#{Dir.home}/.cargo" }}/registry/src"
    flags = [sources, *Dir["#{sources}/*"]].map { |folder| "--remap-path-prefix=#{folder}=" }
    "target.'cfg(all())'.rustflags = #{JSON.generate(flags)}"
  end

  def library(messages)
    artifacts = messages.lines.map { |line| JSON.parse(line) }.select { |message| message["filenames"] }
    artifacts.find { |artifact| artifact.dig("target", "name") == "llm_router" }["filenames"].first
  end

  def remedy(words)
    REMEDIES.find { |symptom, _| words.match?(symptom) }&.last || "Cargo failed, and says above why"
  end

  def check_version
    needed = File.read("#{@root}/Cargo.toml")[/^rust-version = "(.+)"/, 1]
    found = version
    return if found && Gem::Version.new(found) >= Gem::Version.new(needed)

    give_up("#{found ? "Rust #{found} is too old" : 'Rust is missing'}: it takes Rust #{needed} or later, from " \
            "https://rustup.rs or by `rustup update stable`")
  end

  def version
    IO.popen([cargo, "--version"], chdir: @root, err: File::NULL, &:read)[/\d+\.\d+\.\d+/]
  rescue Errno::ENOENT
    nil
  end

  def cargo = ENV.fetch("CARGO", "cargo")

  def give_up(words)
    abort "\nllm_router was not built: #{words}."
  end
end
