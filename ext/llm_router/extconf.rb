# frozen_string_literal: true

# Run by `gem install`: builds the extension, and leaves RubyGems a Makefile that puts it in place.
require "fileutils"
require_relative "cargo"

library = "llm_router.#{RbConfig::CONFIG.fetch('DLEXT')}"
Cargo.new(File.expand_path("../..", __dir__)).build { |built| FileUtils.mv(built, library) }

# RubyGems makes "clean", then the default, then "install".
File.write("Makefile", <<~MAKEFILE)
  folder = $(DESTDIR)#{RbConfig::CONFIG.fetch('sitearchdir')}/llm_router

  all clean:

  install:
  	mkdir -p "$(folder)"
  	mv #{library} "$(folder)"
MAKEFILE
