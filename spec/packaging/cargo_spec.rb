# frozen_string_literal: true

require "open3"
require "tmpdir"

# What `gem install` builds the extension with; Cargo itself is a script here.
RSpec.describe "The build of the extension", :slow do
  root = File.expand_path("../..", __dir__)

  around do |example|
    Dir.mktmpdir do |home|
      @home = File.realpath(home)
      Dir.mkdir("#{@home}/tmp")
      example.run
    end
  end

  # A Cargo that says its version, and else does this, with its arguments and environment noted.
  def cargo(build, version: "1.95.0")
    File.write("#{@home}/cargo", <<~SHELL)
      #!/bin/sh
      [ "$1" = --version ] && exec echo "cargo #{version} (f2d3ce0bd 2026-03-21)"
      for target; do true; done
      echo "$RUBY $PWD $*" >#{@home}/arguments
      #{build}
    SHELL
    File.chmod(0o755, "#{@home}/cargo")
  end

  # Builds, and prints what was built; for as long as the block runs, it is there.
  define_method(:build) do |before = "", **env|
    env = { CARGO: "#{@home}/cargo", TMPDIR: "#{@home}/tmp", CARGO_TARGET_DIR: nil, **env }
    code = "#{before}\n" 'Cargo.new(ARGV[0]).build { |library| print "built: ", library, " ", File.read(library) }'
    ruby = [RbConfig.ruby, "-r", "#{root}/ext/llm_router/cargo", "-e", code, root]
    Open3.capture2e(env.transform_keys(&:to_s), *ruby).first
  end

  let(:success) do
    <<~'SHELL'
      printf library >"$target/libllm_router.so"
      echo '{"reason":"compiler-artifact","target":{"name":"libc"},"filenames":["/nowhere"]}'
      echo '{"reason":"compiler-artifact","target":{"name":"llm_router"},"filenames":["'"$target"'/libllm_router.so"]}'
      echo '{"reason":"build-finished","success":true}'
    SHELL
  end

  it "is for the Ruby that runs it, with the lock file, and leaves nothing behind" do
    cargo(success)
    expect(build).to match(%r{built: #{@home}/tmp/llm_router-build\S+/libllm_router.so library})
    expect(File.read("#{@home}/arguments")).to match(/\A#{RbConfig.ruby} #{root} build --release --locked /)
    expect(Dir.children("#{@home}/tmp")).to be_empty
  end

  it "uses CARGO_TARGET_DIR, and leaves it be" do
    cargo(success)
    Dir.mkdir("#{@home}/target")
    expect(build(CARGO_TARGET_DIR: "#{@home}/target")).to include("built: #{@home}/target/libllm_router.so")
    expect(Dir.children("#{@home}/target")).to eq(["libllm_router.so"])
  end

  it "takes a relative CARGO_TARGET_DIR, which would be inside the gem, for none" do
    cargo(success)
    expect(build(CARGO_TARGET_DIR: "target")).to include("built: #{@home}/tmp/llm_router-build")
  end

  # Builds and installs in a folder of its own, and says what is there then.
  define_method(:installed) do |*make|
    Dir.mktmpdir(nil, @home) do |folder|
      File.write("#{folder}/siteconf.rb", "require 'rbconfig'; RbConfig::CONFIG['sitearchdir'] = './old'")
      environment = { "CARGO" => "#{@home}/cargo", "TMPDIR" => "#{@home}/tmp", "CARGO_TARGET_DIR" => nil }
      makes = ["clean", nil, "install"].map { |target| ["make", *make, *target] }
      [[RbConfig.ruby, "-r", "./siteconf", "#{root}/ext/llm_router/extconf.rb"], *makes].each do |command|
        said, status = Open3.capture2e(environment, *command, chdir: folder)
        expect(status).to be_success, said
      end
      Dir.glob("**/llm_router.*", base: folder)
    end
  end

  # RubyGems says so in RbConfig before 3.4, and when it calls make from then on.
  it "is put where RubyGems wants it" do
    cargo(success)
    places = [installed("DESTDIR="), installed("DESTDIR=", "sitearchdir=./new", "sitelibdir=./new")]
    expect(places).to eq(%w[old new].map { |place| ["#{place}/llm_router/llm_router.#{RbConfig::CONFIG['DLEXT']}"] })
  end

  it "says that Rust is missing, or too old" do
    expect(build(CARGO: "#{@home}/nowhere"))
      .to include("llm_router was not built: Rust is missing: it takes Rust 1.88 or later, from https://rustup.rs")
    cargo(success, version: "1.87.0")
    expect(build).to match(/Rust 1\.87\.0 is too old: it takes Rust 1\.88 or later/)
  end

  it "says that Ruby's headers are missing" do
    cargo(success)
    expect(build("RbConfig::CONFIG['rubyhdrdir'] = '/nowhere'"))
      .to include("llm_router was not built: Ruby's headers are missing: install them")
  end

  {
    "Unable to find libclang: \"couldn't find any valid shared libraries\"" => "libclang is missing: install it",
    "error: linker `cc` not found" => "a C compiler is missing: install one",
    "failed to find tool \"cc\": No such file or directory (os error 2)" => "a C compiler is missing: install one",
    "error: failed to download `libc v0.2.191`" => "could not fetch from crates.io",
    "error: could not compile `llm_router`" => "Cargo failed, and says above why"
  }.each do |words, remedy|
    it "says what to do about: #{words}" do
      cargo("cat >&2 <<'END'\n#{words}\nEND\nexit 101")
      expect(build).to match(/#{Regexp.escape(words)}.*llm_router was not built: .*#{remedy}/m)
      expect(Dir.children("#{@home}/tmp")).to be_empty
    end
  end
end
