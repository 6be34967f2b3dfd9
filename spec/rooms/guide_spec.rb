# frozen_string_literal: true

# The directions that docs/architecture.md draws, held against the Rust sources.
RSpec.describe "The folders of" do
  documents = Support::Documents

  documents.read("docs/architecture.md").scan(%r{^(ext/\w+/src): (.+)$}).each do |crate, line|
    folders = line.split(" → ").grep_v(%r{/})

    describe crate do
      it "are all in the guide" do
        sources = Dir.glob("*/**/*.rs", base: File.join(documents::ROOT, crate))
        expect(sources.map { |file| file[%r{\A[^/]+}] }.uniq).to match_array(folders)
      end

      folders.each_with_index do |folder, index|
        it "refer from #{folder} only to those on its right" do
          sources = Dir.glob("#{crate}/#{folder}/**/*.rs", base: documents::ROOT).map { |file| documents.read(file) }
          named = sources.flat_map { |source| source.scan(/\bcrate::(\w+)/).flatten } & folders
          expect(named.uniq - folders.drop(index)).to be_empty
        end
      end
    end
  end
end
