# frozen_string_literal: true

require "fileutils"
require "open3"

# A Rails app made with `rails new`, with the built gem installed into it as a user would, and with the article's job.
# The demo runs it, and the specs drive it from outside.
class RailsApp
  FILES = File.expand_path("rails", __dir__)
  # What an API app with jobs and a database does not need.
  SKIPPED = %w[action-mailer action-mailbox action-text active-storage action-cable javascript bootsnap git test
               spring listen sprockets dev-gems ci].freeze

  class Failed < StandardError; end

  attr_reader :path

  # @param path [String] where the app is to be; what is there goes
  # @param gem_home [String] where bin/install-gem has installed the gem
  # @param gems [Array<String>] more gems for its Gemfile
  def initialize(path, gem_home:, gems: [])
    @path = File.expand_path(path)
    @gem_home = gem_home
    @gems = %w[llm_router puma rails rspec sidekiq sqlite3] + gems
  end

  def build
    FileUtils.rm_rf(path)
    FileUtils.mkdir_p(File.dirname(path))
    skips = known_skips.map { |part| "--skip-#{part}" }
    options = ["--api", "--skip-bundle", "--database=sqlite3", "--quiet", *skips]
    command("rails", "new", path, *options, at: File.dirname(path))
    File.write(File.join(path, "Gemfile"), gemfile)
    command("bundle", "install", "--local", "--quiet")
    command("bin/rails", "generate", "llm_router:install")
    FileUtils.cp_r("#{FILES}/.", path)
    command("bin/rails", "db:migrate")
    self
  end

  # Runs a command in the app, with nothing of this process's Bundler in the way.
  # @return [String] what it printed
  # @raise [Failed] with what it printed
  def command(*words, at: path, **env)
    output, status = Open3.capture2e(environment.merge(env.transform_keys(&:to_s)), *words, chdir: at)
    raise Failed, "#{words.join(' ')} failed:\n#{output}" unless status.success?

    output
  end

  # Starts a command in the app and leaves it running, its output in log/.
  # @return [Integer] the process id
  def start(*words, log:, **env)
    log = File.join(path, "log", log)
    spawn(environment.merge(env.transform_keys(&:to_s)), *words, chdir: path, out: log, err: log, pgroup: true)
  end

  # Ends what {#start} has started.
  def stop(pid)
    Process.kill(:TERM, pid)
    Process.wait(pid)
  rescue Errno::ESRCH, Errno::ECHILD
    nil
  end

  # @return [String] what the code prints in the app
  def runner(code, **env)
    command("bin/rails", "runner", code, **env)
  end

  def log(name)
    File.read(File.join(path, "log", name))
  end

  private

  def environment
    { "GEM_PATH" => [@gem_home, *Gem.path].join(":"), "GEM_HOME" => nil, "RUBYOPT" => nil, "RUBYLIB" => nil,
      "BUNDLE_GEMFILE" => nil, "BUNDLE_BIN_PATH" => nil, "BUNDLER_SETUP" => nil, "BUNDLER_VERSION" => bundler,
      "BUNDLE_SILENCE_ROOT_WARNING" => "1", "OPENROUTER_API_KEY" => nil, "RAILS_ENV" => nil, "RACK_ENV" => nil,
      "DISABLE_SPRING" => "1" }
  end

  # Debian's own Bundler, where there is one, for it alone knows that Debian's gems are installed.
  def bundler
    bundlers = Gem::Specification.find_all_by_name("bundler")
    bundlers.find { |spec| spec.full_gem_path.include?("rubygems-integration") }&.version&.to_s
  end

  # Rails' versions know different parts.
  def known_skips
    help = command("rails", "new", "--help", at: File.dirname(path))
    SKIPPED.select { |part| help.include?("skip-#{part}") }
  end

  def gemfile
    ["source \"https://rubygems.org\"", "", *@gems.sort.map { |name| "gem \"#{name}\"" }, ""].join("\n")
  end
end
