# frozen_string_literal: true

require "tmpdir"
require_relative "../../rakelib/platform_gem"

# What the gems hold: the one that is built where it is installed, and those that are not.
RSpec.describe "The gems" do
  let(:source) { Dir.chdir(File.expand_path("../..", __dir__)) { Gem::Specification.load("llm_router.gemspec") } }
  let(:everywhere) { %w[lib/llm_router.rb lib/llm_router/native.rb sig/llm_router.rbs README.md LICENSE] }

  around do |example|
    Dir.mktmpdir do |home|
      @home = home
      Dir.chdir(File.expand_path("../..", __dir__)) { example.run }
    end
  end

  def platform_gem(*abis, platform: "x86_64-linux")
    abis.each do |abi|
      FileUtils.mkdir_p(File.join(@home, abi))
      File.write(File.join(@home, abi, "llm_router.so"), "for #{abi}")
    end
    PlatformGem.new(source, platform: platform, libraries: @home)
  end

  def accepts?(specification, ruby) = specification.required_ruby_version.satisfied_by?(Gem::Version.new(ruby))

  it "come with the sources, and what builds them, but no library and no tests" do
    expect(source.extensions).to eq(["ext/llm_router/extconf.rb"])
    expect(source.files).to include(*everywhere, "Cargo.toml", "Cargo.lock", ".cargo/config.toml",
                                    "ext/core/Cargo.toml", "ext/llm_router/cargo.rb", "ext/llm_router/src/lib.rs")
    expect(source.files.grep(%r{\.(so|bundle|dylib)\z|/tests?[/.]|\A(spec|target|pkg)/})).to be_empty
  end

  it "come with the documents that a user reads, and without those for contributors" do
    expect(source.files).to include("README.md", "docs/README.md", "CHANGELOG.md", "SECURITY.md")
    expect(source.files.grep(%r{CONTRIBUTING|docs/decisions|\A\.github}i)).to be_empty
  end

  it "come precompiled with a library for each Ruby, and nothing to build", :slow do
    package = Gem::Package.new(platform_gem("3.1", "3.3").build(@home))
    expect(package.spec).to have_attributes(extensions: [], platform: Gem::Platform.new("x86_64-linux"),
                                            full_name: "llm_router-#{LlmRouter::VERSION}-x86_64-linux")
    expect(package.contents).to include(*everywhere, "lib/llm_router/3.1/llm_router.so",
                                        "lib/llm_router/3.3/llm_router.so")
    expect(package.contents.grep(/\Aext|cargo|\.rs\z|llm_router\.so\z/i).size).to eq(2)
    package.extract_files("#{@home}/out")
    expect(File.read("#{@home}/out/lib/llm_router/3.3/llm_router.so")).to eq("for 3.3")
  end

  it "are precompiled for the Rubies that they hold a library for, and for no other" do
    specification = platform_gem("3.1", "3.3").specification
    expect(%w[3.1.0 3.1.7 3.3.0 3.3.11]).to all(satisfy { |ruby| accepts?(specification, ruby) })
    expect(%w[3.0.7 3.2.0 3.2.9 3.4.0 3.4.0.preview1 4.0.0].select { |ruby| accepts?(specification, ruby) }).to be_empty
    expect(platform_gem("3.4", "4.0").specification.required_ruby_version).to eq(
      Gem::Requirement.new(">= 3.1", "< 4.1.dev", *(0..19).map { |release| "!= 3.2.#{release}" })
    )
  end

  it "need a RubyGems that knows musl where they are for musl" do
    expect(platform_gem("3.3", platform: "x86_64-linux-musl").specification.required_rubygems_version)
      .to eq(Gem::Requirement.new(">= 3.3.22"))
  end

  it "are not packed without a library" do
    expect { platform_gem }.to raise_error(/no library for any Ruby/)
  end
end
