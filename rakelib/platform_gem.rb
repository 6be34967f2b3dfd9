# frozen_string_literal: true

require "fileutils"
require "rubygems/package"
require "tmpdir"

# The gem for one platform, with a library for each Ruby that it is for, and nothing to build.
class PlatformGem
  # The minor versions of Ruby from the oldest on that the gem supports, and more releases than any has had.
  RUBIES = %w[3.1 3.2 3.3 3.4 4.0].freeze
  RELEASES = (0..19)
  # Those before it take musl for glibc.
  KNOWS_MUSL = ">= 3.3.22"

  # @return [Hash{String => String}] from "3.3" to the library for Ruby 3.3
  attr_reader :libraries

  # @param source [Gem::Specification] of the source gem
  # @param platform [String] such as "x86_64-linux"
  # @param libraries [String] a folder with 3.1/llm_router.so and so on
  def initialize(source, platform:, libraries:)
    @source = source
    @platform = platform
    found = Dir[File.join(libraries, "*", "llm_router.{so,bundle}")].to_h { |path| [abi(path), path] }
    @libraries = found.slice(*RUBIES)
    raise "no library for any Ruby in #{libraries}" if @libraries.empty?
  end

  # @return [Gem::Specification]
  def specification
    @source.dup.tap do |spec|
      spec.platform = Gem::Platform.new(@platform)
      spec.required_ruby_version = rubies
      spec.required_rubygems_version = KNOWS_MUSL if @platform.end_with?("musl")
      spec.extensions = []
      spec.files = packed.keys
    end
  end

  # @param folder [String] where to put it
  # @return [String] the gem's path
  def build(folder)
    spec = specification
    target = File.expand_path(spec.file_name, folder)
    Dir.mktmpdir do |stage|
      packed.each do |name, file|
        FileUtils.mkdir_p(File.join(stage, File.dirname(name)))
        FileUtils.install(file, File.join(stage, name), mode: 0o644)
      end
      FileUtils.mkdir_p(folder)
      Dir.chdir(stage) do
        Gem::DefaultUserInteraction.use_ui(Gem::SilentUI.new) { Gem::Package.build(spec, false, false, target) }
      end
    end
    target
  end

  private

  # By their names in the gem.
  def packed
    plain = @source.files.grep_v(%r{\A(?:ext|\.cargo)/|\ACargo\.})
    plain.to_h { |file| [file, file] }
         .merge(libraries.to_h { |abi, path| ["lib/llm_router/#{abi}/#{File.basename(path)}", path] })
  end

  def abi(path) = File.basename(File.dirname(path))

  # A range, but for the Rubies within it that the gem holds nothing for: those are to get the source gem.
  def rubies
    first, last = libraries.keys.values_at(0, -1)
    missing = RUBIES[RUBIES.index(first)..RUBIES.index(last)] - libraries.keys
    [">= #{first}", "< #{Gem::Version.new("#{last}.0").bump}.dev",
     *missing.product(RELEASES.to_a).map { |minor, release| "!= #{minor}.#{release}" }]
  end
end
