# frozen_string_literal: true

require_relative "platform_gem"

# pkg/native/PLATFORM/ABI/llm_router.so: one for each Ruby, built wherever there is that Ruby.
namespace :gem do
  platform = ->(arguments) { arguments[:platform] || Gem::Platform.local.to_s.delete_suffix("-gnu") }
  folder = ->(arguments) { File.join("pkg/native", platform[arguments]) }

  desc "Keep the extension, as it is built here, for a precompiled gem"
  task :library, [:platform] => :compile do |_, arguments|
    target = File.join(folder[arguments], RUBY_VERSION[/\A\d+\.\d+/])
    mkdir_p target
    cp FileList["lib/llm_router/llm_router.{so,bundle}"], target
  end

  desc "Pack what was kept into the precompiled gem for a platform"
  task :pack, [:platform] do |_, arguments|
    source = Gem::Specification.load("llm_router.gemspec")
    gem = PlatformGem.new(source, platform: platform[arguments], libraries: folder[arguments])
    puts "#{gem.build('pkg')}, for Ruby #{gem.libraries.keys.join(', ')}"
  end

  desc "Build the precompiled gem for this platform, for this Ruby and those of bin/matrix"
  task :native do
    rm_rf folder[{}]
    Rake::Task["gem:library"].invoke
    sh "bin/matrix sh -c 'bin/setup >&2 && bin/bundle exec rake gem:library >&2 && tar -c pkg/native' | tar -x"
    # Sid changes every day; bin/matrix sid has said why, where it does not build there.
    sh "bin/matrix sid sh -c 'rm -rf pkg/native && bin/next-ruby --library >&2 && tar -c pkg/native' | tar -x" do |built|
      warn "SKIPPED: the library for the Ruby of Debian experimental" unless built
    end
    Rake::Task["gem:pack"].invoke
  end
end
