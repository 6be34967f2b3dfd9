# frozen_string_literal: true

# Run by `gem install`: builds the extension, and leaves RubyGems a Makefile that puts it in place.
require "fileutils"
require_relative "cargo"

library = "llm_router.#{RbConfig::CONFIG.fetch('DLEXT')}"
Cargo.new(File.expand_path("../..", __dir__)).build { |built| FileUtils.mv(built, library) }

# RubyGems makes "clean", then the default, then "install". Where to, an old one says through RbConfig, and one from 3.4
# on when it calls make, which goes before what is written here.
File.write("Makefile", <<~MAKEFILE)
  sitearchdir = #{RbConfig::CONFIG.fetch('sitearchdir')}
  folder = $(DESTDIR)$(sitearchdir)/llm_router

  all clean:

  install:
  	mkdir -p "$(folder)"
  	mv #{library} "$(folder)"
MAKEFILE
