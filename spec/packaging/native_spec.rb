# frozen_string_literal: true

require "open3"
require "tmpdir"

# Which library is loaded, from a copy of lib/ that holds other ones.
RSpec.describe "The extension", :slow do
  abi = RUBY_VERSION[/\A\d+\.\d+/]
  lib = File.expand_path("../../lib", __dir__)
  name = "llm_router.#{RbConfig::CONFIG.fetch('DLEXT')}"
  # In a precompiled gem's place, where bin/next-ruby runs this.
  built = Dir["#{lib}/llm_router/{,*/}#{name}"].first

  around do |example|
    Dir.mktmpdir do |home|
      @home = home
      FileUtils.cp_r("#{lib}/.", home)
      FileUtils.rm(Dir["#{home}/llm_router/{,*/}#{name}"])
      example.run
    end
  end

  def hold(library, *abis)
    abis.each do |abi|
      folder = File.join(@home, "llm_router", abi)
      FileUtils.mkdir_p(folder)
      FileUtils.cp(library, File.join(folder, "llm_router.#{RbConfig::CONFIG.fetch('DLEXT')}"))
    end
  end

  # Bundler knows the checkout's lib/.
  without_bundler = { "RUBYOPT" => nil, "BUNDLER_SETUP" => nil }

  define_method(:load_it) do |code = "print $LOADED_FEATURES.grep(/llm_router\\.(so|bundle)$/)"|
    Open3.capture2e(without_bundler, RbConfig.ruby, "-I", @home, "-r", "llm_router", "-e", code).first
  end

  it "is the one for this Ruby among those of a precompiled gem" do
    hold(File::NULL, "2.7", "9.9")
    hold(built, abi)
    expect(load_it).to eq(["#{File.realpath(@home)}/llm_router/#{abi}/#{name}"].inspect)
  end

  it "is missing where a precompiled gem has none for this Ruby, and the error names those that it has" do
    hold(built, "9.8", "9.9")
    expect(load_it).to include("this precompiled llm_router is for Ruby 9.8 and 9.9, and this is Ruby #{RUBY_VERSION}",
                               "gem install llm_router --platform ruby", "(LoadError)")
  end

  it "says what to do where it does not load, as with another C library" do
    hold(File::NULL, abi)
    expect(load_it).to match(/does not load on this system \(.+\).*gem install llm_router --platform ruby/)
  end

  it "says what to do where it was never built" do
    expect(load_it).to include("not built for Ruby #{RUBY_VERSION}: in a checkout run `rake compile`")
  end

  it "starts no thread when it is loaded" do
    hold(built, abi)
    # As the system counts them, where it does: Ruby may have one of its own.
    count = 'print Thread.list.size, " ", Dir["/proc/self/task/*"].size'
    expect(load_it(count)).to eq(IO.popen([without_bundler, RbConfig.ruby, "-e", count], &:read))
  end
end
